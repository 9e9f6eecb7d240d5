import type { ZodType } from "zod";
import { GatewayError } from "../../errors.ts";
import type { PayPalAnswer, PayPalClient } from "./client.ts";
import { eventTypes, webhook, webhooks } from "./wire.ts";

/**
 * What PayPal is to tell us about. https://developer.paypal.com/api/rest/webhooks/event-names/ lists all but
 * `PAYMENT.REFUND.*`, which other programs register; PayPal refuses a webhook as a whole for one name that it does not know.
 */
const wantedTypes = [
  "CHECKOUT.ORDER.APPROVED",
  "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
  "PAYMENT.CAPTURE.COMPLETED",
  "PAYMENT.CAPTURE.PENDING",
  "PAYMENT.CAPTURE.DENIED",
  "PAYMENT.CAPTURE.DECLINED",
  "PAYMENT.CAPTURE.REFUNDED",
  "PAYMENT.CAPTURE.REVERSED",
  "PAYMENT.REFUND.PENDING",
  "PAYMENT.REFUND.FAILED",
  "CUSTOMER.DISPUTE.CREATED",
  "CUSTOMER.DISPUTE.UPDATED",
  "CUSTOMER.DISPUTE.RESOLVED",
];

/** Without these no payment is finished and no refund is seen before we ask. */
const neededTypes = ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"];
/** All events of the app: always accepted. */
const everything = ["*"];

const path = "/v1/notifications/webhooks";
const typesPath = "/v1/notifications/webhooks-event-types";

/** Finds or makes the app's webhook of this URL. Throws a `GatewayError` that says what to change. */
export async function registerWebhook(client: PayPalClient, url: string): Promise<{ webhook_id: string }> {
  const { webhooks: known } = read(await client.get(path), webhooks);
  const existing = known.find((one) => one.url === url);
  const told = new Set(existing?.event_types?.map(({ name }) => name));
  if (existing && (told.has("*") || wantedTypes.every((name) => told.has(name)))) {
    return { webhook_id: existing.id };
  }
  const types = await availableTypes(client);
  if (!existing) {
    const wanted = { url, event_types: types.map((name) => ({ name })) };
    return { webhook_id: read(await client.post(path, wanted), webhook).id };
  }
  const lacking = (types === everything ? neededTypes : types).filter((name) => !told.has(name));
  if (lacking.length === 0) return { webhook_id: existing.id };
  throw new GatewayError(
    "conflict",
    `the webhook ${existing.id} of this URL lacks events: add ${lacking.join(", ")} in PayPal's dashboard`,
  );
}

/**
 * Those of the wanted events that this app can be told. `everything` where PayPal does not say which there are, or leaves
 * out what we cannot do without.
 */
async function availableTypes(client: PayPalClient): Promise<readonly string[]> {
  const said = await client.get(typesPath);
  const parsed = said.kind === "answered" ? eventTypes.safeParse(said.body) : undefined;
  const available = new Set(parsed?.data?.event_types.map(({ name }) => name));
  if (!neededTypes.every((name) => available.has(name))) return everything;
  return (
    wantedTypes
      // mutation: paypal-event-names
      .filter((name) => available.has(name))
  );
}

/** `null`: the credentials work, and `webhookId`, if given, is one of this app. */
export async function probeWebhooks(client: PayPalClient, webhookId?: string): Promise<string | null> {
  const said = await client.get(path);
  if (said.kind === "refused") return refusedCredentials(said.error.code);
  if (said.kind === "unknown") return said.why;
  const parsed = webhooks.safeParse(said.body);
  if (!parsed.success) return "PayPal's list of webhooks is not readable";
  if (webhookId === undefined || parsed.data.webhooks.some(({ id }) => id === webhookId)) return null;
  return "webhook_id is none of this app's webhooks";
}

function refusedCredentials(code: string): string {
  const hint =
    code === "invalid_client"
      ? ": client_id and secret must be those of one app, and of the config's mode"
      : "";
  return `PayPal refused the credentials (${code})${hint}`;
}

function read<T>(said: PayPalAnswer, schema: ZodType<T>): T {
  if (said.kind === "refused") {
    const { code } = said.error;
    const hint = code === "WEBHOOK_NUMBER_LIMIT_EXCEEDED" ? ": an app has at most 10, delete one" : "";
    throw new GatewayError("create_not_accepted", `PayPal refused the webhook (${code})${hint}`, {
      providerError: said.error,
    });
  }
  const parsed = said.kind === "answered" ? schema.safeParse(said.body) : undefined;
  if (!parsed?.success) {
    const why = said.kind === "unknown" ? said.why : "its answer is not readable";
    throw new GatewayError("unavailable", `PayPal did not say whether the webhook is there: ${why}`);
  }
  return parsed.data;
}
