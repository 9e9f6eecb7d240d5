import { randomUUID, sign } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Clock } from "../../../lib/clock.ts";
import { newSigner, type Signer } from "../kernel/certificate.ts";
import { minorUnits } from "../kernel/decimal.ts";
import type { AttemptFault } from "../kernel/faults.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import { paypalId } from "./accounts.ts";
import { captureObject } from "./capture.ts";
import { amountObject, exponentOf, shownValue } from "./money.ts";
import { orderNoOf, orderObject } from "./order.ts";
import type { Capture, Order } from "./records.ts";
import { shownTime } from "./shown-time.ts";

/** 25 retries within three days (developer.paypal.com/api/rest/webhooks); the waits are not published. */
export const deliverAgainAfterSeconds = [
  ...[1, 2, 5, 10, 20, 30, 60, 60, 120, 120],
  ...Array.from({ length: 15 }, () => 259),
].map((minutes) => minutes * 60);

/** One event. `resource` is the affected object in the API's format. */
export type EventFields = {
  event_type: string;
  resource_type: "checkout-order" | "capture" | "refund" | "dispute";
  /** Absent for disputes. */
  resource_version?: "2.0";
  summary: string;
  resource: object;
};

export type Emitting = { clock: Clock; webhooks: WebhookSender; signingKey: SigningKey; origin(): string };

/** PayPal's signing key for webhooks, and the path at which its certificate is served. */
export type SigningKey = { signer(): Signer; certificatePath: string };

let signer: Signer | undefined;

/** One key per process, made when it is first needed, because making one takes a tenth of a second. */
export function newSigningKey(clock: Clock): SigningKey {
  return {
    signer: () => (signer ??= newSigner("messageverificationcerts.sandbox.paypal.com", clock.now())),
    certificatePath: `/v1/notifications/certs/CERT-360caa42-fca2a594-${paypalId(8).toLowerCase()}`,
  };
}

/** Sends an event about an order to every webhook of its account that is subscribed to it. */
export function emit(
  { clock, webhooks, signingKey, origin }: Emitting,
  order: Order,
  fields: EventFields,
): void {
  const id = `WH-${paypalId()}-${paypalId()}`;
  const href = `${origin()}/v1/notifications/webhooks-events/${id}`;
  const event = {
    id,
    event_version: "1.0",
    create_time: clock.now().toISOString(),
    ...fields,
    links: [
      { href, rel: "self", method: "GET" },
      { href: `${href}/resend`, rel: "resend", method: "POST" },
    ],
  };
  const subscribed = order.account.webhooks.filter(
    ({ events }) => events.includes("*") || events.includes(event.event_type),
  );
  for (const webhook of subscribed) {
    // A retry repeats the same transmission, with its original time.
    const transmission = { id: randomUUID(), time: shownTime(clock.now()), webhookId: webhook.id };
    webhooks.send({
      orderNo: orderNoOf(order),
      event: event.event_type,
      url: webhook.url,
      compose({ wrong_amount, unsigned }: AttemptFault) {
        const body = JSON.stringify(wrong_amount ? { ...event, resource: dearer(event.resource) } : event);
        const headers = { "content-type": "application/json", "user-agent": "PayPal/AUHR-1.0-1" };
        if (unsigned) return { headers, body };
        const certUrl = origin() + signingKey.certificatePath;
        return { headers: { ...headers, ...signature(signingKey, transmission, certUrl, body) }, body };
      },
    });
  }
}

/** Sends an event with an order's current state. */
export function emitOrder(emitting: Emitting, order: Order, event_type: string): void {
  const resource = orderObject(order, emitting.origin());
  const summary = `Order ${order.id}: ${order.status}`;
  emit(emitting, order, {
    event_type,
    resource_type: "checkout-order",
    resource_version: "2.0",
    summary,
    resource,
  });
}

/** Sends `PAYMENT.CAPTURE.<event>` with a capture's current state. */
export function emitCapture(emitting: Emitting, order: Order, capture: Capture, event: string): void {
  const { amount } = order.input;
  emit(emitting, order, {
    event_type: `PAYMENT.CAPTURE.${event}`,
    resource_type: "capture",
    resource_version: "2.0",
    summary: `Payment ${event.toLowerCase()} for ${shownValue(amount)} ${amount.currency}`,
    resource: captureObject(order, capture, emitting.origin()),
  });
}

type Transmission = { id: string; time: string; webhookId: string };

function signature(
  signingKey: SigningKey,
  { id, time, webhookId }: Transmission,
  certUrl: string,
  body: string,
) {
  const text = signedText(id, time, webhookId, body);
  return {
    "paypal-transmission-id": id,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign("sha256", Buffer.from(text), signingKey.signer().privateKey).toString(
      "base64",
    ),
    "paypal-cert-url": certUrl,
    "paypal-auth-algo": "SHA256withRSA",
  };
}

/** The text that PayPal signs. It covers the body only by its CRC-32, as an unsigned decimal number. */
export function signedText(id: string, time: string, webhookId: string, body: string): string {
  return `${id}|${time}|${webhookId}|${crc32(body)}`;
}

/** A copy with every amount one minor unit higher. */
function dearer(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dearer);
  if (typeof value !== "object" || value === null) return value;
  if ("currency_code" in value && "value" in value) {
    const currency = String(value.currency_code);
    const minor = minorUnits(String(value.value), exponentOf(currency) ?? 2) ?? 0;
    return amountObject({ minor: minor + 1, currency });
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, dearer(member)]));
}
