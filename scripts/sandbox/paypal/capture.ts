import { amountObject, breakdown } from "./money.ts";
import { type Order, shownTime } from "./order.ts";

export type RefundStatus = "COMPLETED" | "PENDING" | "FAILED" | "CANCELLED";

/** One refund, or a reversal by PayPal itself. `customId` and `invoiceId` are those given with it. */
export type Refund = {
  id: string;
  minor: number;
  status: RefundStatus;
  requestId: string | undefined;
  customId: string | undefined;
  invoiceId: string | undefined;
  note: string | undefined;
  createdAt: Date;
  updatedAt: Date;
};

export type Dispute = {
  id: string;
  status: "OPEN" | "UNDER_REVIEW" | "RESOLVED";
  outcome: string | undefined;
  createdAt: Date;
  updatedAt: Date;
};

/** The money of an order: taken, on its way, or declined. */
export type Capture = {
  id: string;
  status: "COMPLETED" | "PENDING" | "DECLINED";
  createdAt: Date;
  updatedAt: Date;
  /** When the money was there. */
  paidAt: Date | undefined;
  refunds: Refund[];
  dispute: Dispute | undefined;
};

/** Whether the money of a refund in this state has left the capture. */
export function isCounted(status: RefundStatus): boolean {
  return status === "COMPLETED" || status === "PENDING";
}

/** What has gone back, or is on its way back, in minor units. */
export function returnedMinor({ refunds }: Capture): number {
  const counted = refunds.filter(({ status }) => isCounted(status));
  return counted.reduce((sum, refund) => sum + refund.minor, 0);
}

/** A capture (developer.paypal.com/docs/api/payments/v2/#captures_get). */
export function captureObject(order: Order, capture: Capture, origin: string): object {
  const { wanted, account } = order;
  const pending = capture.status === "PENDING";
  const self = `${origin}/v2/payments/captures/${capture.id}`;
  return {
    id: capture.id,
    status: shownStatus(order, capture),
    ...(pending && { status_details: { reason: "ECHECK" } }),
    amount: amountObject(wanted.amount),
    final_capture: true,
    disbursement_mode: "INSTANT",
    seller_protection: { status: "NOT_ELIGIBLE" },
    ...(capture.status === "COMPLETED" && { seller_receivable_breakdown: breakdown(wanted.amount) }),
    custom_id: wanted.customId,
    invoice_id: wanted.invoiceId,
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

/** Only what has really gone back makes a capture REFUNDED. */
function shownStatus({ wanted }: Order, { status, refunds }: Capture): string {
  const done = refunds.filter((refund) => refund.status === "COMPLETED");
  const back = done.reduce((sum, refund) => sum + refund.minor, 0);
  if (back === 0) return status;
  return back < wanted.amount.minor ? "PARTIALLY_REFUNDED" : "REFUNDED";
}

/** A refund (developer.paypal.com/docs/api/payments/v2/#refunds_get), with the numbers that were given with it. */
export function refundObject(order: Order, capture: Capture, refund: Refund, origin: string): object {
  const { currency } = order.wanted.amount;
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

/** What `Prefer: return=minimal`, the default, gives of a refund. */
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
        gross_amount: amountObject(order.wanted.amount),
        invoice_number: order.wanted.invoiceId,
        custom: order.wanted.customId,
        seller: { merchant_id: order.account.merchantId, name: "Simulated shop" },
      },
    ],
    reason: "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
    status: dispute.status,
    dispute_amount: amountObject(order.wanted.amount),
    ...(dispute.outcome && { dispute_outcome: { outcome_code: dispute.outcome } }),
    dispute_life_cycle_stage: dispute.status === "OPEN" ? "INQUIRY" : "CHARGEBACK",
    dispute_channel: "INTERNAL",
    create_time: shownTime(dispute.createdAt),
    update_time: shownTime(dispute.updatedAt),
    links: [{ href: `${origin}/v1/customer/disputes/${dispute.id}`, rel: "self", method: "GET" }],
  };
}
