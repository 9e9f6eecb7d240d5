import type { Stripe } from "stripe";
import { GatewayError } from "../../errors.ts";
import { log } from "../../log.ts";
import { apiVersion, type StripeClient, type StripeFailure } from "./client.ts";
import * as wire from "./wire.ts";

const endpointsPath = "/v1/webhook_endpoints";

/** The events that an endpoint must send; `event.ts` translates them. */
const enabledEvents = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.closed",
] satisfies Stripe.WebhookEndpointCreateParams.EnabledEvent[];

/**
 * Makes Stripe send our events to `webhookUrl`, and returns the signing secret. Stripe shows a secret only once: an
 * endpoint whose secret we do not have is replaced. Throws an error that tells an operator what is wrong.
 */
export async function register(
  client: StripeClient,
  webhookUrl: string,
  secrets: readonly string[],
): Promise<{ webhook_secret: string[] }> {
  const found = (await everyEndpoint(client)).filter(({ url }) => url === webhookUrl);
  const [only, ...others] = found;
  // With several endpoints, the secret could belong to any of them.
  if (only && others.length === 0 && secrets.length > 0) {
    await correct(client, only);
    return { webhook_secret: [...secrets] };
  }
  const secret = await create(client, webhookUrl);
  // After the creation, so that there is always an endpoint. Events that they still send are refused, and retried.
  for (const { id } of found) await remove(client, id);
  return { webhook_secret: [secret] };
}

/** Stripe allows 16 endpoints per mode; a page holds 100. */
const mostPages = 10;

async function everyEndpoint(client: StripeClient): Promise<wire.WebhookEndpoint[]> {
  const endpoints: wire.WebhookEndpoint[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const last = endpoints.at(-1)?.id;
    const said = await client.get(endpointsPath, { limit: 100, starting_after: last });
    if (said.kind !== "answered") throw failed(said, "list the webhook endpoints");
    const list = wire.webhookEndpointList.safeParse(said.body);
    if (!list.success) throw unreadable("list the webhook endpoints");
    endpoints.push(...list.data.data);
    if (!list.data.has_more || list.data.data.length === 0) return endpoints;
  }
  throw new GatewayError("config_not_found", "Stripe lists too many webhook endpoints: delete some");
}

/** Enables the endpoint and adds our events. Events that somebody else added stay: they are ignored. */
async function correct(client: StripeClient, endpoint: wire.WebhookEndpoint): Promise<void> {
  const { id, status, enabled_events: present } = endpoint;
  const lacks = !present.includes("*") && enabledEvents.some((event) => !present.includes(event));
  if (status === "enabled" && !lacks) return;
  const all = [...new Set([...enabledEvents, ...present])];
  const changes = { disabled: false, ...(lacks && { enabled_events: all }) };
  const said = await client.post(`${endpointsPath}/${encodeURIComponent(id)}`, changes);
  if (said.kind !== "answered") throw failed(said, "change the webhook endpoint");
}

async function create(client: StripeClient, url: string): Promise<string> {
  const said = await client.post(endpointsPath, {
    url,
    enabled_events: enabledEvents,
    api_version: apiVersion,
  });
  if (said.kind !== "answered") throw failed(said, "create the webhook endpoint");
  const created = wire.createdWebhookEndpoint.safeParse(said.body);
  if (!created.success) throw unreadable("create the webhook endpoint");
  return created.data.secret;
}

/** Never fails: the new endpoint's secret, which is shown once, must reach the config. */
async function remove(client: StripeClient, id: string): Promise<void> {
  const said = await client.delete(`${endpointsPath}/${encodeURIComponent(id)}`);
  if (said.kind === "answered" || (said.kind === "refused" && said.status === 404)) return;
  log.warn("an old webhook endpoint could not be deleted", { provider: "stripe", endpoint: id });
}

function failed(said: StripeFailure, what: string): GatewayError {
  if (said.kind === "unknown") {
    return new GatewayError(
      "unavailable",
      `it is unknown whether Stripe could ${what} (${said.why}); try again`,
    );
  }
  const { code, message } = said.error;
  const advice = said.status === 403 ? "; a restricted key must be allowed to write Webhook Endpoints" : "";
  const text = `Stripe did not ${what}: ${code}: ${message}${advice}`;
  return new GatewayError("config_not_found", text, { providerError: said.error });
}

function unreadable(what: string): GatewayError {
  return new GatewayError("unavailable", `Stripe did ${what}, but its answer is not readable; try again`);
}
