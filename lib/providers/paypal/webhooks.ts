import type { ZodType } from "zod";
import { GatewayError } from "../../errors.ts";
import type { PayPalAnswer, PayPalClient } from "./client.ts";
import { eventTypes, webhook, webhooks } from "./wire.ts";

/**
 * The event types that we subscribe to. https://developer.paypal.com/api/rest/webhooks/event-names/ lists all but
 * `PAYMENT.REFUND.*`, which other programs register; PayPal refuses a whole webhook because of one unknown name.
 */
const requiredTypes = [
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

/** Without these, payments finish and refunds are seen only by polling. */
const neededTypes = ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"];
/** Subscribes to all events of the app; PayPal always accepts it. */
const everything = ["*"];

const path = "/v1/notifications/webhooks";
const typesPath = "/v1/notifications/webhooks-event-types";

/** Finds or creates the app's webhook of this URL. Throws a `GatewayError` that says what to change. */
export async function registerWebhook(client: PayPalClient, url: string): Promise<{ webhook_id: string }> {
  const { webhooks: existingWebhooks } = read(await client.get(path), webhooks);
  const existing = existingWebhooks.find((one) => one.url === url);
  const subscribed = new Set(existing?.event_types?.map(({ name }) => name));
  if (existing && (subscribed.has("*") || requiredTypes.every((name) => subscribed.has(name)))) {
    return { webhook_id: existing.id };
  }
  const types = await availableTypes(client);
  if (!existing) {
    const registration = { url, event_types: types.map((name) => ({ name })) };
    return { webhook_id: read(await client.post(path, registration), webhook).id };
  }
  const lacking = (types === everything ? neededTypes : types).filter((name) => !subscribed.has(name));
  if (lacking.length === 0) return { webhook_id: existing.id };
  throw new GatewayError(
    "conflict",
    `the webhook ${existing.id} of this URL lacks events: add ${lacking.join(", ")} in PayPal's dashboard`,
  );
}

/**
 * The required event types that this app can subscribe to. `everything` if PayPal does not list the types, or its list
 * lacks a needed one.
 */
async function availableTypes(client: PayPalClient): Promise<readonly string[]> {
  const said = await client.get(typesPath);
  const parsed = said.kind === "answered" ? eventTypes.safeParse(said.body) : undefined;
  const available = new Set(parsed?.data?.event_types.map(({ name }) => name));
  if (!neededTypes.every((name) => available.has(name))) return everything;
  return (
    requiredTypes
      // mutation: paypal-event-names
      .filter((name) => available.has(name))
  );
}

/** `null`: the credentials work, and `webhookId`, if given, belongs to this app. */
export async function probeWebhooks(client: PayPalClient, webhookId?: string): Promise<string | null> {
  const said = await client.get(path);
  if (said.kind === "refused") return refusedCredentials(said.error.code);
  if (said.kind === "unknown") return said.why;
  const parsed = webhooks.safeParse(said.body);
  if (!parsed.success) return "PayPal's list of webhooks is not readable";
  if (webhookId === undefined || parsed.data.webhooks.some(({ id }) => id === webhookId)) return null;
  return "webhook_id is not one of this app's webhooks";
}

function refusedCredentials(code: string): string {
  const advice =
    code === "invalid_client"
      ? ": client_id and secret must be those of one app, and of the config's mode"
      : "";
  return `PayPal refused the credentials (${code})${advice}`;
}

function read<T>(said: PayPalAnswer, schema: ZodType<T>): T {
  if (said.kind === "refused") {
    const { code } = said.error;
    const advice = code === "WEBHOOK_NUMBER_LIMIT_EXCEEDED" ? ": an app has at most 10, delete one" : "";
    throw new GatewayError("create_not_accepted", `PayPal refused the webhook (${code})${advice}`, {
      providerError: said.error,
    });
  }
  const parsed = said.kind === "answered" ? schema.safeParse(said.body) : undefined;
  if (!parsed?.success) {
    const why = said.kind === "unknown" ? said.why : "its answer is not readable";
    throw new GatewayError("unavailable", `it is unknown whether PayPal has the webhook: ${why}; try again`);
  }
  return parsed.data;
}
