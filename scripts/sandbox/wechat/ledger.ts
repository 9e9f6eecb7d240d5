import type { Clock } from "../../../lib/clock.ts";
import { decimal } from "../kernel/decimal.ts";
import type { LedgerRow } from "../kernel/serve-simulator.ts";
import { refundedFen, type Trade } from "./trade.ts";

/** A trade as the control routes list it. */
export function ledgerRow(trade: Trade, clock: Clock): LedgerRow {
  const { account, order, paidAt } = trade;
  return {
    provider: "wechat",
    account: account.mchId,
    order_no: order.outTradeNo,
    payment_id: order.outTradeNo,
    trade_no: paidAt ? trade.transactionId : null,
    status: ledgerStatus(trade, clock),
    provider_status: trade.state,
    amount: decimal(order.fen, 2),
    amount_minor: order.fen,
    currency: "CNY",
    refunded_minor: refundedFen(trade),
    // WeChat creates only one order per out_trade_no.
    created: 1,
    created_at: trade.createdAt.toISOString(),
    paid_at: paidAt?.toISOString() ?? null,
    expires_at: trade.expiresAt.toISOString(),
  };
}

/** An expired order stays NOTPAY until it is closed, but cannot be paid any more. */
function ledgerStatus(trade: Trade, clock: Clock): LedgerRow["status"] {
  if (trade.paidAt) return refundedFen(trade) === trade.order.fen ? "refunded" : "paid";
  return trade.state === "NOTPAY" && clock.now() < trade.expiresAt ? "open" : "closed";
}
