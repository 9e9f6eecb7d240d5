import type { Payment } from "../../payment/payment.ts";
import type { Observation } from "../../payment/provider.ts";
import { fromStripeAmount } from "./amounts.ts";
import type { CheckoutSession } from "./wire.ts";

/** Who says it of which account, and the time to take when the session itself does not tell when it was paid. */
type Source = { orderNo: string; account: string; saidAt: Date };

/**
 * Whether we made the session for this order. The buyer of any Payment Link of the same account chooses its
 * `client_reference_id` by the link's URL (https://docs.stripe.com/payment-links/customize, "URL parameters"), but not its
 * metadata; we set both.
 */
export function isSessionOf(
  { client_reference_id: reference, metadata }: CheckoutSession,
  orderNo: string,
): boolean {
  return reference === orderNo && /* mutation: stripe-session-mark */ metadata?.order_no === orderNo;
}

/** What a Checkout session says of its order, asked or told; what was refunded stands elsewhere. */
export function sessionObservations(session: CheckoutSession, source: Source): Observation[] {
  const { orderNo } = source;
  // mutation: stripe-session-order
  if (!isSessionOf(session, orderNo)) {
    return [{ kind: "unrecognised", said: "a checkout session of another order" }];
  }
  const { payment_status: payment, status } = session;
  if (payment === "paid") return paidObservations(session, source);
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

/** The buyer is through, the money is not here: a delayed method is on its way, or has come to nothing. */
function delayed({ id: objectId, payment_intent: intent }: CheckoutSession, orderNo: string): Observation {
  const status = typeof intent === "object" ? intent?.status : undefined;
  const failed = status === "requires_payment_method" || status === "canceled";
  return {
    kind: failed ? "failed" : "started",
    orderNo,
    why: `complete, unpaid${status ? `, ${status}` : ""}`,
    objectId,
  };
}

function paidObservations(session: CheckoutSession, { orderNo, account, saidAt }: Source): Observation[] {
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
 * The payment intent whose refunds must be read, when the session was asked for with its charge: something of it is refunded,
 * or we believe so, and the refund may have failed since, which the charge does not show.
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
