import type { Payment } from "../../payment/payment.ts";
import type { RefundSeen } from "../../payment/provider.ts";
import type { Refund, RefundOutcome } from "../../refund/refund.ts";
import { fromStripeAmount } from "./amounts.ts";
import type { StripeRefund } from "./wire.ts";

/** Whether Stripe's refund is `refund` of `payment`, for just its amount; one made in its dashboard has no number of ours. */
export function isRefundOf(
  told: StripeRefund,
  payment: Payment,
  { refundNo, providerRefundNo, amount }: Refund,
): boolean {
  const said = fromStripeAmount(told.amount, told.currency);
  return (
    // mutation: stripe-refund-payment
    told.payment_intent === payment.tradeNo &&
    // mutation: stripe-refund-number
    (refundNo === "" || told.metadata?.refund_no === providerRefundNo) &&
    // mutation: stripe-refund-amount
    said?.minor === amount.minor &&
    // mutation: stripe-refund-currency
    said.currency === amount.currency
  );
}

/** What became of a refund that we asked for. https://docs.stripe.com/api/refunds/object */
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

/** One refund of a payment intent, asked or told; `unrecognised` when it cannot be read. */
export function refundSeen(
  told: StripeRefund,
  tradeNo: string,
  orderNo: string | null,
): RefundSeen | { kind: "unrecognised"; said: string } {
  const amount = fromStripeAmount(told.amount, told.currency);
  if (!amount) return { kind: "unrecognised", said: "a refund of an unreadable amount" };
  const refundNo = told.metadata?.refund_no ?? null;
  const seen = { orderNo, tradeNo, refundNo, refundId: told.id, amount };
  switch (told.status) {
    case "succeeded":
      return { kind: "refunded", ...seen };
    case "failed":
    case "canceled":
      return { kind: "refundFailed", ...seen };
    case "pending":
    case "requires_action":
      return { kind: "refundPending", ...seen };
    default:
      return { kind: "unrecognised", said: `refund status ${told.status}` };
  }
}
