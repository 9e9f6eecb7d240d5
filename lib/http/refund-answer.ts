import type * as z from "zod";
import type { StoredRefund } from "../domain/refund.ts";
import { toJsonNumber } from "../money/money.ts";
import type { CreateRefundCommand } from "../payments/create-refund.ts";
import type { createRefundContract, refundAnswer } from "./refund-contracts.ts";

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
