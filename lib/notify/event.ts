import { createHash, randomUUID } from "node:crypto";
import { toJsonNumber } from "../money/money.ts";
import type { Payment } from "../payment/payment.ts";
import type { Refund } from "../refund/refund.ts";

export type PaymentEventName = "payment.success" | "payment.closed" | "payment.failed";
export type RefundEventName = "refund.success" | "refund.failed";

/** One fact to be told to a merchant: whose it is, its id and the exact bytes of every attempt. */
export type Notification = {
  subject: { type: "payment" | "refund"; id: string };
  event: string;
  eventId: string;
  url: string;
  endpoint: string;
  payload: string;
};

/** The notification of a payment's new status; `null` when the merchant gave no URL. */
export function paymentNotification(
  payment: Payment,
  event: PaymentEventName,
  occurredAt: Date,
): Notification | null {
  return notification(payment, { type: "payment", id: payment.id }, event, occurredAt, {});
}

/** The notification of a refund's end; it tells of its payment too. */
export function refundNotification(
  payment: Payment,
  refund: Refund,
  event: RefundEventName,
  occurredAt: Date,
): Notification | null {
  return notification(payment, { type: "refund", id: refund.id }, event, occurredAt, {
    refund_no: refund.refundNo,
    refund_amount: toJsonNumber(refund.amount),
    refund_status: refund.status,
  });
}

function notification(
  payment: Payment,
  subject: Notification["subject"],
  event: string,
  occurredAt: Date,
  more: Record<string, unknown>,
): Notification | null {
  if (payment.notifyUrl === null) return null;
  const eventId = randomUUID();
  const payload = JSON.stringify({
    event,
    event_id: eventId,
    order_no: payment.orderNo,
    out_trade_no: payment.outTradeNo,
    trade_no: payment.tradeNo,
    provider: payment.provider,
    amount: toJsonNumber(payment.amount),
    currency: payment.amount.currency,
    status: payment.status,
    payment_time: payment.paidAt?.toISOString() ?? null,
    subject: payment.subject,
    metadata: payment.metadata,
    livemode: payment.livemode,
    version: payment.version,
    occurred_at: occurredAt.toISOString(),
    ...more,
  });
  return {
    subject,
    event,
    eventId,
    url: payment.notifyUrl,
    endpoint: endpointOf(payment.userId, payment.notifyUrl),
    payload,
  };
}

/** What sends are counted and held by: one merchant's one URL. */
export function endpointOf(userId: string, url: string): string {
  return createHash("sha256").update(`${userId}\n${url}`).digest("hex");
}
