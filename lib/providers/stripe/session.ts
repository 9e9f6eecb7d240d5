import type { Payment } from "../../domain/payment.ts";
import type { ProviderEvent } from "../../domain/provider.ts";
import { fromStripeAmount } from "./amounts.ts";
import type { CheckoutSession } from "./wire.ts";

/** The order and account of a session, and the time to use if the session does not say when it was paid. */
type Source = { orderNo: string; account: string; saidAt: Date };

/**
 * Whether we created the session for this order. The buyer of any Payment Link of the same account chooses its
 * `client_reference_id` by the link's URL (https://docs.stripe.com/payment-links/customize, "URL parameters"), but not
 * its metadata; we set both.
 */
export function isSessionOf(
  { client_reference_id: reference, metadata }: CheckoutSession,
  orderNo: string,
): boolean {
  return reference === orderNo && /* mutation: stripe-session-mark */ metadata?.order_no === orderNo;
}

/** Translates a Checkout session from a webhook or a poll. It does not contain refunds. */
export function sessionEvents(session: CheckoutSession, source: Source): ProviderEvent[] {
  const { orderNo } = source;
  // mutation: stripe-session-order
  if (!isSessionOf(session, orderNo)) {
    return [{ kind: "unrecognised", said: "a checkout session of another order" }];
  }
  const { payment_status: payment, status } = session;
  if (payment === "paid") return paidEvents(session, source);
  if (payment !== "unpaid") return [{ kind: "unrecognised", said: `payment_status ${payment}` }];
  switch (status) {
    case "expired":
      return [{ kind: "closed", orderNo, why: "the session has expired", objectId: session.id }];
    case "open":
      return [{ kind: "open", orderNo, why: "the session is open", objectId: session.id }];
    case "complete":
      return [delayed(session, orderNo)];
    default:
      return [{ kind: "unrecognised", said: `session status ${status}` }];
  }
}

/** The buyer has finished, but the money is missing: a delayed payment is in transit, or has failed. */
function delayed({ id: objectId, payment_intent: intent }: CheckoutSession, orderNo: string): ProviderEvent {
  const status = typeof intent === "object" ? intent?.status : undefined;
  const failed = status === "requires_payment_method" || status === "canceled";
  return {
    kind: failed ? "failed" : "in_transit",
    orderNo,
    why: `complete, unpaid${status ? `, ${status}` : ""}`,
    objectId,
  };
}

function paidEvents(session: CheckoutSession, { orderNo, account, saidAt }: Source): ProviderEvent[] {
  const { payment_intent: intent, amount_total: units, currency } = session;
  const tradeNo = typeof intent === "string" ? intent : intent?.id;
  const amount = units == null || !currency ? undefined : fromStripeAmount(units, currency);
  if (!tradeNo || !amount) {
    return [{ kind: "unrecognised", said: "a paid session without a readable amount or payment intent" }];
  }
  const charge = chargeOf(session);
  const paidAt = charge ? new Date(charge.created * 1000) : saidAt;
  return [{ kind: "paid", orderNo, account, amount, tradeNo, paidAt, objectId: session.id }];
}

/**
 * The payment intent whose refunds must be fetched, if the session was retrieved with its charge: a part of it is
 * refunded, or our ledger says so, and the refund may have failed since, which the charge does not show.
 */
export function refundedIntent(
  session: CheckoutSession,
  { refundedMinor }: Pick<Payment, "refundedMinor">,
): string | undefined {
  const { payment_intent: intent } = session;
  if (typeof intent !== "object") return undefined;
  return chargeOf(session)?.amount_refunded || /* mutation: stripe-refunds-listed */ refundedMinor > 0
    ? intent?.id
    : undefined;
}

function chargeOf({ payment_intent: intent }: CheckoutSession) {
  const latest = typeof intent === "object" ? intent?.latest_charge : undefined;
  return typeof latest === "object" ? latest : undefined;
}
