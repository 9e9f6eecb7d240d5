import type { Payment } from "../../payment/payment.ts";
import type { Observation } from "../../payment/provider.ts";
import { fromPayPalAmount } from "./amounts.ts";
import type { Capture, Order, PayPalRefund, PurchaseUnit } from "./wire.ts";

/** What of a stored payment an order is read against. */
export type Asked = Pick<Payment, "orderNo" | "payable" | "providerStarted">;

/**
 * What a PayPal order says of ours. Each capture that brought money is a payment, followed by its refunds: a second one
 * is for the books to find. `now` stands in for a capture without a time.
 */
export function orderObservations(order: Order, asked: Asked, now: Date): Observation[] {
  const [unit, ...further] = order.purchase_units ?? [];
  if (
    /* mutation: paypal-order-number */ order.id !== asked.payable?.paymentId ||
    unit?.invoice_id !== asked.orderNo ||
    further.length > 0
  ) {
    return [{ kind: "unrecognised", said: "a PayPal order that is not this payment's" }];
  }
  const captures = unit.payments?.captures ?? [];
  const said = captures.flatMap((capture) =>
    captureObservations(capture, unit, { orderNo: asked.orderNo, orderId: order.id }, now),
  );
  if (said.length > 0) return said;
  if (captures.length > 0) return [declined(order, captures, asked)];
  return [stateOf(order, asked.orderNo)];
}

/** Before any capture. */
function stateOf({ status }: Order, orderNo: string): Observation {
  switch (status) {
    case "CREATED":
    case "SAVED":
    case "PAYER_ACTION_REQUIRED":
      return { kind: "open", orderNo, why: status };
    case "APPROVED":
      return { kind: "approved", orderNo, why: status };
    case "VOIDED":
      return { kind: "closed", orderNo, why: status };
    default:
      return { kind: "unrecognised", said: `order status ${status.slice(0, 64)} without a capture` };
  }
}

/** Nothing for a declined capture: what it means depends on the others. */
function captureObservations(
  capture: Capture,
  unit: PurchaseUnit,
  { orderNo, orderId }: { orderNo: string; orderId: string },
  now: Date,
): Observation[] {
  const { id: tradeNo, status } = capture;
  switch (status) {
    case "COMPLETED":
    case "PARTIALLY_REFUNDED":
    case "REFUNDED":
      break;
    case "PENDING":
      return [{ kind: "started", orderNo, why: reasonOf(capture) }];
    case "DECLINED":
    case "FAILED":
      return [];
    default:
      return [{ kind: "unrecognised", said: `capture status ${status}` }];
  }
  const account = unit.payee?.merchant_id;
  const amount = fromPayPalAmount(capture.amount);
  if (!account || !amount) {
    return [{ kind: "unrecognised", said: "a capture without a readable amount or payee" }];
  }
  const paidAt = capture.create_time ?? now;
  // Zero is not present: nothing has gone back by it.
  const refunds = refundsOf(capture, unit)
    // mutation: paypal-refund-zero
    .filter((refund) => !isZero(refund));
  const paid: Observation = { kind: "paid", orderNo, account, amount, tradeNo, paidAt, objectId: orderId };
  if (refunds.length === 0 && status === "REFUNDED") {
    return [paid, { kind: "refundedTotal", orderNo, tradeNo, total: amount }];
  }
  if (refunds.length === 0 && status === "PARTIALLY_REFUNDED") {
    return [paid, { kind: "unrecognised", said: "a partly refunded capture without its refunds" }];
  }
  return [paid, ...refunds.map((refund) => refundSeen(refund, orderNo, tradeNo))];
}

function refundsOf({ id }: Capture, { payments }: PurchaseUnit): PayPalRefund[] {
  const refunds = payments?.refunds ?? [];
  if (payments?.captures?.length === 1) return refunds;
  return refunds.filter(({ links }) =>
    links?.some(({ rel, href }) => rel === "up" && href.endsWith(`/captures/${id}`)),
  );
}

function isZero({ amount }: PayPalRefund): boolean {
  return amount !== undefined && fromPayPalAmount(amount)?.minor === 0;
}

/** What we gave as `custom_id`. A refund made at PayPal has none, or the payment's. */
const refundNoShape = /^R[0-9A-Z]{31}$/;

function refundSeen(refund: PayPalRefund, orderNo: string, tradeNo: string): Observation {
  const { id: refundId, status, custom_id: customId } = refund;
  const amount = refund.amount && fromPayPalAmount(refund.amount);
  if (!amount) return { kind: "unrecognised", said: "a refund without a readable amount" };
  const refundNo = customId !== undefined && refundNoShape.test(customId) ? customId : null;
  const seen = { orderNo, tradeNo, refundNo, refundId, amount };
  switch (status) {
    case "COMPLETED":
      return { kind: "refunded", ...seen };
    case "PENDING":
      return { kind: "refundPending", ...seen };
    case "FAILED":
    case "CANCELLED":
      return { kind: "refundFailed", ...seen };
    default:
      return { kind: "unrecognised", said: `refund status ${status}` };
  }
}

/**
 * All captures declined. The buyer may choose another card while the order takes one; after a capture that was under way
 * for days PayPal takes no other.
 */
function declined({ status }: Order, captures: Capture[], { orderNo, providerStarted }: Asked): Observation {
  const why = `order ${status}, capture ${captures.map(reasonOf).join(", ")}`;
  if (status === "VOIDED") return { kind: "closed", orderNo, why };
  return { kind: status === "COMPLETED" && providerStarted ? "failed" : "open", orderNo, why };
}

function reasonOf({ status, status_details: details }: Capture): string {
  return details?.reason ? `${status}: ${details.reason}` : status;
}
