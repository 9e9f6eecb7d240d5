import type * as z from "zod";
import type { StoredRefund } from "../domain/refund.ts";
import type { LogEntry } from "../domain/timeline.ts";
import { GatewayError } from "../errors.ts";
import { toJsonNumber } from "../money/money.ts";
import { readAmount } from "../money/read-amount.ts";
import type { PayablePayment } from "../payments/create-payment.ts";
import type { CreateRefundCommand } from "../payments/create-refund.ts";
import type { SeenPayment } from "../payments/query-payment.ts";
import type { CreatePaymentCommand } from "../payments/request.ts";
import { scenesOf } from "../providers/registry.ts";
import type { createPaymentContract } from "./create-payment-contract.ts";
import type { paymentAnswer } from "./payment-answer.ts";
import type { paymentTimelineContract } from "./payment-contracts.ts";
import type { createRefundContract, refundAnswer } from "./refund-contracts.ts";

type Created = z.input<(typeof createPaymentContract)["answer"]>;

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

/** Maps a validated create request to the use case's command, with defaults applied. */
export function paymentCommand(input: z.output<typeof createPaymentContract.input>): CreatePaymentCommand {
  return {
    provider: input.provider,
    scene: sceneOf(input.provider, input.scene),
    config: input.config,
    outTradeNo: input.out_trade_no,
    subject: input.subject,
    body: input.body,
    amount: readAmount(input.amount, input.currency),
    notifyUrl: input.notify_url ?? null,
    returnUrl: input.return_url ?? null,
    expiresInSeconds: input.expires_in,
    metadata: input.metadata,
    extraParams: input.extra_params,
  };
}

function sceneOf(provider: string, scene: string | undefined): string {
  const scenes = scenesOf(provider);
  const found = scene === undefined ? scenes[0] : scenes.find((name) => name === scene);
  if (found !== undefined) return found;
  const message = `unknown scene of ${provider}: use one of ${scenes.join(", ")}`;
  throw new GatewayError("invalid_parameter", `scene: ${message}`, { fields: [{ field: "scene", message }] });
}

/** A refund as its merchant sees it. */
export function refundAnswerOf({ refund, payment }: StoredRefund): z.input<typeof refundAnswer> {
  return {
    refund_no: refund.refundNo,
    order_no: payment.orderNo,
    out_trade_no: payment.outTradeNo,
    trade_no: payment.tradeNo,
    refund_id: refund.refundId,
    amount: toJsonNumber(refund.amount),
    currency: refund.amount.currency,
    status: refund.status === "unknown" ? "processing" : refund.status,
    reason: refund.reason,
    created_at: refund.createdAt.toISOString(),
    updated_at: refund.updatedAt.toISOString(),
  };
}

/** Maps a validated refund request to the use case's command. */
export function refundCommand(input: z.output<typeof createRefundContract.input>): CreateRefundCommand {
  const {
    order_no: orderNo,
    out_trade_no: outTradeNo = "",
    refund_no: refundNo,
    amount = null,
    reason,
  } = input;
  const order = orderNo === undefined ? { outTradeNo } : { orderNo };
  return { order, refundNo, amount, reason };
}
