import { createHash, randomUUID } from "node:crypto";
import { toJsonNumber } from "../money/money.ts";
import type { PaymentNotificationBody, RefundNotificationBody } from "./notification-body.ts";
import type { Payment } from "./payment.ts";
import type { Refund } from "./refund.ts";

export type PaymentEventName = PaymentNotificationBody["event"];
export type RefundEventName = RefundNotificationBody["event"];

/** One event for a merchant: subject, id and the exact payload that every attempt sends. */
export type Notification = {
  subject: { type: "payment" | "refund"; id: string };
  event: string;
  eventId: string;
  url: string;
  endpoint: string;
  payload: string;
};

/** The notification of a payment's new status; `null` if the payment has no `notify_url`. */
export function paymentNotification(
  payment: Payment,
  event: PaymentEventName,
  occurredAt: Date,
): Notification | null {
  const body: PaymentNotificationBody = { event, ...factsOf(payment, occurredAt) };
  return notification(payment, { type: "payment", id: payment.id }, body);
}

/** The notification of a refund's final status; it also contains the payment. */
export function refundNotification(
  payment: Payment,
  refund: Refund,
  event: RefundEventName,
  occurredAt: Date,
): Notification | null {
  const body: RefundNotificationBody = {
    event,
    ...factsOf(payment, occurredAt),
    refund_no: refund.refundNo,
    refund_amount: toJsonNumber(refund.amount),
    refund_status: event === "refund.success" ? "success" : "failed",
  };
  return notification(payment, { type: "refund", id: refund.id }, body);
}

function factsOf(payment: Payment, occurredAt: Date) {
  return {
    event_id: randomUUID(),
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
  };
}

function notification(
  { userId, notifyUrl }: Payment,
  subject: Notification["subject"],
  body: PaymentNotificationBody | RefundNotificationBody,
): Notification | null {
  if (notifyUrl === null) return null;
  return {
    subject,
    event: body.event,
    eventId: body.event_id,
    url: notifyUrl,
    endpoint: endpointOf(userId, notifyUrl),
    payload: JSON.stringify(body),
  };
}

/** Identifies one merchant's URL: concurrent sends are limited, and deliveries held, per endpoint. */
export function endpointOf(userId: string, url: string): string {
  return createHash("sha256").update(`${userId}\n${url}`).digest("hex");
}
