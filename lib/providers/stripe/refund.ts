import type { Payment } from "../../domain/payment.ts";
import type { RefundSeen } from "../../domain/provider.ts";
import type { Refund, RefundOutcome } from "../../domain/refund.ts";
import { fromStripeAmount } from "./amounts.ts";
import type { StripeRefund } from "./wire.ts";

/**
 * Whether Stripe's refund is this refund of `payment`, with exactly its amount. A refund that was made in Stripe's
 * dashboard has no number of ours.
 */
export function isRefundOf(
  stripeRefund: StripeRefund,
  payment: Payment,
  { refundNo, providerRefundNo, amount }: Refund,
): boolean {
  const said = fromStripeAmount(stripeRefund.amount, stripeRefund.currency);
  return (
    // mutation: stripe-refund-payment
    stripeRefund.payment_intent === payment.tradeNo &&
    // mutation: stripe-refund-number
    (refundNo === "" || stripeRefund.metadata?.refund_no === providerRefundNo) &&
    // mutation: stripe-refund-amount
    said?.minor === amount.minor &&
    // mutation: stripe-refund-currency
    said.currency === amount.currency
  );
}

/** The outcome of a refund that we requested. https://docs.stripe.com/api/refunds/object */
export function refundOutcome({ id: refundId, status, failure_reason: reason }: StripeRefund): RefundOutcome {
  switch (status) {
    case "succeeded":
      return { kind: "refunded", refundId };
    case "pending":
      return { kind: "pending", refundId };
    case "requires_action":
      return { kind: "pending", refundId, attention: true };
    case "failed":
    case "canceled": {
      const message = `Stripe: the refund is ${status}${reason ? ` (${reason})` : ""}`;
      return { kind: "failed", refundId, error: { code: reason ?? status, message } };
    }
    default:
      return { kind: "unknown", why: `refund status ${status}` };
  }
}

/** The event of one refund, from a webhook or a poll; `unrecognised` if the refund cannot be read. */
export function refundSeen(
  stripeRefund: StripeRefund,
  tradeNo: string,
  orderNo: string | null,
): RefundSeen | { kind: "unrecognised"; said: string } {
  const amount = fromStripeAmount(stripeRefund.amount, stripeRefund.currency);
  if (!amount) return { kind: "unrecognised", said: "a refund of an unreadable amount" };
  const refundNo = stripeRefund.metadata?.refund_no ?? null;
  const seen = { orderNo, tradeNo, refundNo, refundId: stripeRefund.id, amount };
  switch (stripeRefund.status) {
    case "succeeded":
      return { kind: "refunded", ...seen };
    case "failed":
    case "canceled":
      return { kind: "refundFailed", ...seen };
    case "pending":
    case "requires_action":
      return { kind: "refundPending", ...seen };
    default:
      return { kind: "unrecognised", said: `refund status ${stripeRefund.status}` };
  }
}
