import { decimal } from "../kernel/decimal.ts";
import type { LedgerRow } from "../kernel/serve-simulator.ts";
import { refundedFen, type Trade } from "./trade.ts";

/** A trade as the control routes list it. */
export function ledgerRow(trade: Trade): LedgerRow {
  return {
    provider: "alipay",
    account: trade.account.appId,
    order_no: trade.outTradeNo,
    payment_id: trade.outTradeNo,
    trade_no: trade.tradeNo,
    status: ledgerStatus(trade),
    provider_status: trade.status,
    amount: decimal(trade.fen, 2),
    amount_minor: trade.fen,
    currency: "CNY",
    refunded_minor: refundedFen(trade),
    // Alipay creates only one trade per out_trade_no.
    created: 1,
    created_at: trade.createdAt.toISOString(),
    paid_at: trade.paidAt?.toISOString() ?? null,
    expires_at: trade.expiresAt.toISOString(),
  };
}

function ledgerStatus(trade: Trade): LedgerRow["status"] {
  if (trade.status === "WAIT_BUYER_PAY") return "open";
  if (!trade.paidAt) return "closed";
  return refundedFen(trade) === trade.fen ? "refunded" : "paid";
}
