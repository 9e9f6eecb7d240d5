import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { FailureLimit } from "../merchant/failure-limit.ts";
import { type HearGateway, hearWebhook } from "../payment/hear-webhook.ts";
import { providers } from "../providers/registry.ts";
import { wrapped } from "./endpoint.ts";
import { failed } from "./envelope.ts";
import { rawBody } from "./raw-body.ts";
import { sourceNetwork } from "./source-network.ts";

export type HearingGateway = HearGateway & { webhookFailures: FailureLimit };

/**
 * Webhooks a minute that may fail in one process, from one address and of one config from there; any number may come that
 * verify. A provider brings the webhooks of all its merchants from a few addresses: a config with a wrong secret uses up
 * its own share only, and it takes four of them to use up an address's. Once the secret is right, the first webhook after
 * a fifth of a second is believed. Behind a proxy of ours the address would be the proxy's, and shared by all.
 */
const mostFailures = { ofAddress: 1_200, ofConfig: 300 };
/** No config's id is longer; what a stranger writes there must not fill the memory. */
const longestId = 20;

/** A function that takes one provider's webhooks. Nothing is acknowledged before it is committed. */
export function providerWebhook(open: () => HearingGateway, provider: string) {
  return wrapped(async (event: APIGatewayProxyEventV2) => {
    const gateway = open();
    // mutation: webhook-source-network
    const source = sourceNetwork(event.requestContext.http.sourceIp);
    const configId = event.pathParameters?.config_id ?? "";
    const names = {
      // mutation: webhook-failures-of-address
      [source]: mostFailures.ofAddress,
      // mutation: webhook-failures-of-config
      [`${/* mutation: webhook-failures-source */ source} ${configId.slice(0, longestId)}`]:
        mostFailures.ofConfig,
    };
    await gateway.webhookFailures(names, () => {
      const call = { body: rawBody(event), headers: event.headers };
      return hearWebhook(gateway, provider, configId, call);
    });
    const { status, contentType, body } = providers[provider]!.acknowledgement;
    return { statusCode: status, headers: { ...(contentType && { "content-type": contentType }) }, body };
  }, refusedBy(provider));
}

/** In the provider's own words where it has some. */
function refusedBy(provider: string): typeof failed {
  const { refusal } = providers[provider]!;
  if (!refusal) return failed;
  return (error, requestId) => ({
    ...failed(error, requestId),
    body: JSON.stringify(refusal(error.message)),
  });
}
