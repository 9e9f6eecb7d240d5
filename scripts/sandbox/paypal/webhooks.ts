import { type PaypalAccount, paypalId, type Webhook } from "./accounts.ts";
import { notFound, PaypalError } from "./paypal-error.ts";

/** Webhooks of one app (developer.paypal.com/docs/api/webhooks/v1). */
const maxWebhooks = 10;

/**
 * Events that can be subscribed to here (developer.paypal.com/api/rest/webhooks/event-names). `PAYMENT.REFUND.*` is in
 * no official list: only webhooks for `*` receive it.
 */
const eventNames = [
  "CHECKOUT.ORDER.APPROVED",
  "CHECKOUT.ORDER.COMPLETED",
  "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
  "CUSTOMER.DISPUTE.CREATED",
  "CUSTOMER.DISPUTE.RESOLVED",
  "CUSTOMER.DISPUTE.UPDATED",
  "PAYMENT.CAPTURE.COMPLETED",
  "PAYMENT.CAPTURE.DECLINED",
  "PAYMENT.CAPTURE.DENIED",
  "PAYMENT.CAPTURE.PENDING",
  "PAYMENT.CAPTURE.REFUNDED",
  "PAYMENT.CAPTURE.REVERSED",
];

/** Registers a listener. Throws a `PaypalError`; the names of the refusals are PayPal's own, all with 400. */
export function addWebhook(account: PaypalAccount, url: string, events: string[]): Webhook {
  if (!isListenable(url)) throw refused("VALIDATION_ERROR", "Not a valid webhook URL");
  const unknown = events.find((name) => name !== "*" && !eventNames.includes(name));
  if (events.length === 0 || unknown !== undefined) {
    throw refused("VALIDATION_ERROR", `Not a valid event type: ${unknown}`);
  }
  if (account.webhooks.some((one) => one.url === url)) {
    throw refused("WEBHOOK_URL_ALREADY_EXISTS", "Webhook URL already exists");
  }
  if (account.webhooks.length >= maxWebhooks) {
    throw refused("WEBHOOK_NUMBER_LIMIT_EXCEEDED", "Webhook number limit exceeded");
  }
  const webhook = { id: paypalId(), url, events };
  account.webhooks.push(webhook);
  return webhook;
}

/** `GET /v1/notifications/webhooks-event-types`. */
export function eventTypesObject(): object {
  return {
    event_types: eventNames.map((name) => ({ name, description: name, status: "ENABLED" })),
    links: [],
  };
}

/** `POST /v1/notifications/webhooks`. */
export function createWebhook(account: PaypalAccount, body: Record<string, unknown>): Webhook {
  const { url, event_types: types } = body;
  const names = Array.isArray(types) ? types.map((type) => String(type?.name)) : [];
  return addWebhook(account, String(url), names);
}

/** The account's listener of that id. Throws 404. */
export function foundWebhook(account: PaypalAccount, id: string): Webhook {
  const webhook = account.webhooks.find((one) => one.id === id);
  if (!webhook) throw notFound();
  return webhook;
}

export function webhookObject({ id, url, events }: Webhook, origin: string): object {
  const href = `${origin}/v1/notifications/webhooks/${id}`;
  return {
    id,
    url,
    event_types: events.map((name) => ({ name, description: name })),
    links: [
      { href, rel: "self", method: "GET" },
      { href, rel: "update", method: "PATCH" },
      { href, rel: "delete", method: "DELETE" },
    ],
  };
}

/** PayPal sends webhooks only to https on port 443; the simulator also to http on loopback. */
function isListenable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port } = new URL(url);
  if (protocol === "https:") return port === "";
  return protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}

function refused(name: string, message: string): PaypalError {
  return new PaypalError({ status: 400, name, message });
}
