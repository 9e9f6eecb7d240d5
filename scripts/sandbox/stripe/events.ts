import { createHmac } from "node:crypto";
import type { Clock } from "../../../lib/clock.ts";
import type { AttemptFault } from "../kernel/faults.ts";
import { randomText } from "../kernel/random.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import type { WebhookEndpoint } from "./accounts.ts";
import type { Session } from "./records.ts";

/** The version that accounts and endpoints without one of their own use. */
export const defaultApiVersion = "2026-10-28.endive";

/**
 * Test mode tries three times over a few hours (docs.stripe.com/webhooks#automatic-retries); the exact waits are not
 * published.
 */
export const deliverAgainAfterSeconds = [300, 3600, 3 * 3600] as const;

/** Event types the simulator sends. */
export type EventType =
  | "checkout.session.completed"
  | "checkout.session.async_payment_succeeded"
  | "checkout.session.async_payment_failed"
  | "checkout.session.expired"
  | "payment_intent.payment_failed"
  | "charge.refunded"
  | "charge.dispute.created"
  | "charge.dispute.closed"
  | "refund.created"
  | "refund.updated"
  | "refund.failed";

export type Emitting = { clock: Clock; webhooks: WebhookSender };

/** Sends an event with the current `object` to every endpoint of the session's account that is subscribed to it. */
export function emit({ clock, webhooks }: Emitting, session: Session, type: EventType, object: object): void {
  const id = `evt_1${randomText(23)}`;
  const created = seconds(clock);
  const subscribed = session.account.endpoints.filter(
    ({ status, enabledEvents }) =>
      status === "enabled" && (enabledEvents.includes("*") || enabledEvents.includes(type)),
  );
  for (const endpoint of subscribed) {
    const event = {
      id,
      object: "event",
      api_version: endpoint.apiVersion ?? defaultApiVersion,
      created,
      data: { object },
      livemode: false,
      pending_webhooks: subscribed.length,
      request: { id: null, idempotency_key: null },
      type,
    };
    webhooks.send({
      orderNo: session.orderNo,
      event: type,
      url: endpoint.url,
      compose: (fault) => composed(endpoint, event, seconds(clock), fault),
    });
  }
}

function composed(
  endpoint: WebhookEndpoint,
  event: { data: { object: object } },
  timestamp: number,
  { wrong_amount, unsigned }: AttemptFault,
) {
  const sent = wrong_amount ? { ...event, data: { object: dearer(event.data.object) } } : event;
  const body = JSON.stringify(sent, null, 2);
  const headers: Record<string, string> = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
  };
  if (!unsigned) headers["stripe-signature"] = signatureHeader(endpoint.secret, timestamp, body);
  return { headers, body };
}

/** Test mode also carries a `v0` that proves nothing: only `v1` counts (docs.stripe.com/webhooks#verify-manually). */
function signatureHeader(secret: string, timestamp: number, body: string): string {
  const v1 = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  const v0 = createHmac("sha256", "no secret at all").update(body).digest("hex");
  return `t=${timestamp},v1=${v1},v0=${v0}`;
}

/** A copy of the object with its amounts one minor unit higher. */
function dearer(object: object): object {
  const amounts = Object.entries(object)
    .filter(([name, value]) => /^amount(_total|_subtotal)?$/.test(name) && typeof value === "number")
    .map(([name, value]) => [name, Number(value) + 1]);
  return { ...object, ...Object.fromEntries(amounts) };
}

/** Whole seconds since 1970, as Stripe writes times. */
export function seconds(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1000);
}
