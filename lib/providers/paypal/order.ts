import type { Payment } from "../../domain/payment.ts";
import type { ProviderEvent } from "../../domain/provider.ts";
import { fromPayPalAmount } from "./amounts.ts";
import type { Capture, Order, PayPalRefund, PurchaseUnit } from "./wire.ts";

/** The fields of a stored payment with which a PayPal order is compared. */
type OurOrder = Pick<Payment, "orderNo" | "payable" | "state">;

/**
 * Translates a PayPal order into events. Each capture that moved money gives `paid`, followed by its refunds; a second
 * `paid` is left to the ledger to detect. `now` replaces the missing time of a capture.
 */
export function orderEvents(order: Order, ours: OurOrder, now: Date): ProviderEvent[] {
  const [unit, ...further] = order.purchase_units ?? [];
  if (
    /* mutation: paypal-order-number */ order.id !== ours.payable?.paymentId ||
    unit?.invoice_id !== ours.orderNo ||
    further.length > 0
  ) {
    return [{ kind: "unrecognised", said: "a PayPal order that is not this payment's" }];
  }
  const captures = unit.payments?.captures ?? [];
  const said = captures.flatMap((capture) =>
    captureEvents(capture, unit, { orderNo: ours.orderNo, orderId: order.id }, now),
  );
  if (said.length > 0) return said;
  if (captures.length > 0) return [declined(order, captures, ours)];
  return [stateOf(order, ours.orderNo)];
}

/** The event of an order without captures. */
function stateOf({ status }: Order, orderNo: string): ProviderEvent {
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

/** The events of one capture; none for a declined one, whose meaning depends on the other captures. */
function captureEvents(
  capture: Capture,
  unit: PurchaseUnit,
  { orderNo, orderId }: { orderNo: string; orderId: string },
  now: Date,
): ProviderEvent[] {
  const { id: tradeNo, status } = capture;
  switch (status) {
    case "COMPLETED":
    case "PARTIALLY_REFUNDED":
    case "REFUNDED":
      break;
    case "PENDING":
      return [{ kind: "in_transit", orderNo, why: reasonOf(capture) }];
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
  // A refund of zero has returned no money.
  const refunds = refundsOf(capture, unit)
    // mutation: paypal-refund-zero
    .filter((refund) => !isZero(refund));
  const paid: ProviderEvent = { kind: "paid", orderNo, account, amount, tradeNo, paidAt, objectId: orderId };
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

/** Form of the `custom_id` that we send. A refund made in PayPal's dashboard has none, or the payment's. */
const refundNoShape = /^R[0-9A-Z]{31}$/;

function refundSeen(refund: PayPalRefund, orderNo: string, tradeNo: string): ProviderEvent {
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
 * The event of an order whose captures were all declined. The buyer may choose another card while the order accepts
 * one; after a capture that was in transit for days PayPal accepts no other.
 */
function declined({ status }: Order, captures: Capture[], { orderNo, state }: OurOrder): ProviderEvent {
  const why = `order ${status}, capture ${captures.map(reasonOf).join(", ")}`;
  if (status === "VOIDED") return { kind: "closed", orderNo, why };
  return { kind: status === "COMPLETED" && state === "in_transit" ? "failed" : "open", orderNo, why };
}

function reasonOf({ status, status_details: details }: Capture): string {
  return details?.reason ? `${status}: ${details.reason}` : status;
}
