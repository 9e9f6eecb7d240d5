import { amountObject, breakdown } from "./money.ts";
import type { Capture, Dispute, Order, Refund, RefundStatus } from "./records.ts";
import { shownTime } from "./shown-time.ts";

/** Whether the money of a refund in this state has left the capture. */
export function isCounted(status: RefundStatus): boolean {
  return status === "COMPLETED" || status === "PENDING";
}

/** Total of completed and pending refunds, in minor units. */
export function returnedMinor({ refunds }: Capture): number {
  const counted = refunds.filter(({ status }) => isCounted(status));
  return counted.reduce((sum, refund) => sum + refund.minor, 0);
}

/** A capture (developer.paypal.com/docs/api/payments/v2/#captures_get). */
export function captureObject(order: Order, capture: Capture, origin: string): object {
  const { input, account } = order;
  const pending = capture.status === "PENDING";
  const self = `${origin}/v2/payments/captures/${capture.id}`;
  return {
    id: capture.id,
    status: shownStatus(order, capture),
    ...(pending && { status_details: { reason: "ECHECK" } }),
    amount: amountObject(input.amount),
    final_capture: true,
    disbursement_mode: "INSTANT",
    seller_protection: { status: "NOT_ELIGIBLE" },
    ...(capture.status === "COMPLETED" && { seller_receivable_breakdown: breakdown(input.amount) }),
    custom_id: input.customId,
    invoice_id: input.invoiceId,
    payee: { email_address: account.email, merchant_id: account.merchantId },
    supplementary_data: { related_ids: { order_id: order.id } },
    create_time: shownTime(capture.createdAt),
    update_time: shownTime(capture.updatedAt),
    links: [
      { href: self, rel: "self", method: "GET" },
      { href: `${self}/refund`, rel: "refund", method: "POST" },
      { href: `${origin}/v2/checkout/orders/${order.id}`, rel: "up", method: "GET" },
    ],
  };
}

/** Only completed refunds make a capture REFUNDED. */
function shownStatus({ input }: Order, { status, refunds }: Capture): string {
  const done = refunds.filter((refund) => refund.status === "COMPLETED");
  const back = done.reduce((sum, refund) => sum + refund.minor, 0);
  if (back === 0) return status;
  return back < input.amount.minor ? "PARTIALLY_REFUNDED" : "REFUNDED";
}

/** A refund (developer.paypal.com/docs/api/payments/v2/#refunds_get), with its own custom_id and invoice_id. */
export function refundObject(order: Order, capture: Capture, refund: Refund, origin: string): object {
  const { currency } = order.input.amount;
  const amount = amountObject({ minor: refund.minor, currency });
  const pending = refund.status === "PENDING";
  return {
    ...minimalRefund(capture, refund, origin),
    ...(pending && { status_details: { reason: "ECHECK" } }),
    amount,
    custom_id: refund.customId,
    invoice_id: refund.invoiceId,
    note_to_payer: refund.note,
    seller_payable_breakdown: {
      gross_amount: amount,
      paypal_fee: amountObject({ minor: 0, currency }),
      net_amount: amount,
      total_refunded_amount: amountObject({ minor: returnedMinor(capture), currency }),
    },
    payer: { email_address: order.account.email, merchant_id: order.account.merchantId },
    create_time: shownTime(refund.createdAt),
    update_time: shownTime(refund.updatedAt),
  };
}

/** A refund as `Prefer: return=minimal`, the default, returns it. */
export function minimalRefund(capture: Capture, refund: Refund, origin: string): object {
  return {
    id: refund.id,
    status: refund.status,
    links: [
      { href: `${origin}/v2/payments/refunds/${refund.id}`, rel: "self", method: "GET" },
      { href: `${origin}/v2/payments/captures/${capture.id}`, rel: "up", method: "GET" },
    ],
  };
}

/** A dispute (developer.paypal.com/docs/api/customer-disputes/v1); it names the capture, not the order. */
export function disputeObject(order: Order, capture: Capture, dispute: Dispute, origin: string): object {
  return {
    dispute_id: dispute.id,
    disputed_transactions: [
      {
        seller_transaction_id: capture.id,
        create_time: shownTime(capture.createdAt),
        transaction_status: "COMPLETED",
        gross_amount: amountObject(order.input.amount),
        invoice_number: order.input.invoiceId,
        custom: order.input.customId,
        seller: { merchant_id: order.account.merchantId, name: "Simulated shop" },
      },
    ],
    reason: "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
    status: dispute.status,
    dispute_amount: amountObject(order.input.amount),
    ...(dispute.outcome && { dispute_outcome: { outcome_code: dispute.outcome } }),
    dispute_life_cycle_stage: dispute.status === "OPEN" ? "INQUIRY" : "CHARGEBACK",
    dispute_channel: "INTERNAL",
    create_time: shownTime(dispute.createdAt),
    update_time: shownTime(dispute.updatedAt),
    links: [{ href: `${origin}/v1/customer/disputes/${dispute.id}`, rel: "self", method: "GET" }],
  };
}
