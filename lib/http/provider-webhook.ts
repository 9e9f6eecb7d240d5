import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type HearGateway, hearWebhook } from "../payment/hear-webhook.ts";
import { providers } from "../providers/registry.ts";
import { wrapped } from "./endpoint.ts";
import { rawBody } from "./raw-body.ts";

/** A function that takes one provider's webhooks. Nothing is acknowledged before it is committed. */
export function providerWebhook(open: () => HearGateway, provider: string) {
  return wrapped(async (event: APIGatewayProxyEventV2) => {
    const call = { body: rawBody(event), headers: event.headers };
    await hearWebhook(open(), provider, event.pathParameters?.config_id ?? "", call);
    const { status, contentType, body } = providers[provider]!.acknowledgement;
    return { statusCode: status, headers: { ...(contentType && { "content-type": contentType }) }, body };
  });
}
