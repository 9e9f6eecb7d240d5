import type { Gateway } from "../gateway.ts";
import { openGateway } from "../open-gateway.ts";
import { receiveWebhook } from "../payments/receive-webhook.ts";
import { providers } from "../providers/registry.ts";
import { failed } from "./envelope.ts";
import { httpHandler } from "./http-handler.ts";
import { rawBody } from "./json-body.ts";
import { sourceNetwork } from "./source-network.ts";

/**
 * Failed webhooks allowed per minute and process: per source address, and per config from that address. Webhooks that
 * verify are not limited. A provider sends the webhooks of all merchants from a few addresses, so a config with a wrong
 * secret exhausts only its own share; it takes four such configs to exhaust an address. Once the secret is corrected, a
 * webhook is accepted after a fifth of a second. Behind a proxy of our own, all callers would share the proxy's
 * address.
 */
const mostFailures = { ofAddress: 1_200, ofConfig: 300 };
/** The longest possible config id; longer path values are truncated, so that they cannot fill the memory. */
const longestId = 20;

/** Handler for one provider's webhooks. A webhook is acknowledged only after its events are committed. */
export function providerWebhook(provider: string, open: () => Gateway = openGateway) {
  return httpHandler(async (event) => {
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
      return receiveWebhook(gateway, provider, configId, call);
    });
    const { status, contentType, body } = providers[provider]!.acknowledgement;
    return { statusCode: status, headers: { ...(contentType && { "content-type": contentType }) }, body };
  }, refusedBy(provider));
}

/** Response to a refused webhook: in the provider's own format if it has one, else our envelope. */
function refusedBy(provider: string): typeof failed {
  const { refusal } = providers[provider]!;
  if (!refusal) return failed;
  return (error, requestId) => ({
    ...failed(error, requestId),
    body: JSON.stringify(refusal(error.message)),
  });
}
