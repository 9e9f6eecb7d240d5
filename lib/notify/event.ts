import { createHash, randomUUID } from "node:crypto";
import { toJsonNumber } from "../money/money.ts";
import type { Payment } from "../payment/payment.ts";

export type PaymentEventName = "payment.success" | "payment.closed" | "payment.failed";

/** One fact to be told to a merchant: its id and the exact bytes of every attempt. */
export type Notification = { event: string; eventId: string; url: string; endpoint: string; payload: string };

/** The notification of a payment's new status; `null` when the merchant gave no URL. */
export function paymentNotification(
  payment: Payment,
  event: PaymentEventName,
  occurredAt: Date,
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
  });
  return {
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
