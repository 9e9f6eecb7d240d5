import type * as z from "zod";
import type { LogEntry } from "../domain/timeline.ts";
import { toJsonNumber } from "../money/money.ts";
import type { PayablePayment } from "../payments/create-payment.ts";
import type { SeenPayment } from "../payments/query-payment.ts";
import type { createPaymentContract, paymentAnswer, paymentTimelineContract } from "./payment-contracts.ts";

type Created = z.input<ReturnType<typeof createPaymentContract>["answer"]>;

/** The answer of a create. A repeated create gets the same fields; only `status` is current. */
export function createdAnswer({ payable, ...payment }: PayablePayment): Created {
  return {
    order_no: payment.orderNo,
    payment_url: payable.paymentUrl,
    payment_id: payable.paymentId,
    qr_code: payable.qrCode,
    extra_data: payable.extraData,
    status: payment.status,
    expires_at: payment.expiresAt.toISOString(),
    payable_until: payment.payableUntil.toISOString(),
    livemode: payment.livemode,
  };
}

/** A payment as query, list and close answer it. */
export function seenAnswer({ payment, notifyStatus }: SeenPayment): z.input<typeof paymentAnswer> {
  return {
    order_no: payment.orderNo,
    out_trade_no: payment.outTradeNo,
    provider: payment.provider,
    trade_no: payment.tradeNo,
    subject: payment.subject,
    body: payment.body,
    amount: toJsonNumber(payment.amount),
    currency: payment.amount.currency,
    status: payment.status,
    payment_time: payment.paidAt?.toISOString() ?? null,
    created_at: payment.createdAt.toISOString(),
    updated_at: payment.updatedAt.toISOString(),
    scene: payment.scene,
    payment_id: payment.payable?.paymentId ?? "",
    payment_url: payment.payable?.paymentUrl ?? "",
    qr_code: payment.payable?.qrCode ?? "",
    refunded_amount: toJsonNumber({ minor: payment.refundedMinor, currency: payment.amount.currency }),
    expires_at: payment.expiresAt.toISOString(),
    payable_until: payment.payableUntil?.toISOString() ?? null,
    closed_at: payment.closedAt?.toISOString() ?? null,
    metadata: payment.metadata,
    version: payment.version,
    late_success: payment.lateSuccess,
    livemode: payment.livemode,
    looked_up_at: payment.polledAt?.toISOString() ?? null,
    notify_status: notifyStatus,
  };
}

export function timelineAnswer(entries: LogEntry[]): z.input<typeof paymentTimelineContract.answer> {
  return { items: entries.map(({ at, ...entry }) => ({ at: at.toISOString(), ...entry })) };
}
