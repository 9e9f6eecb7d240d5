import type { AlipayAccount } from "./accounts.ts";

export type TradeStatus = "WAIT_BUYER_PAY" | "TRADE_SUCCESS" | "TRADE_CLOSED";

/** One refund of a trade; `requestNo` is the merchant's `out_request_no`. */
export type TradeRefund = { requestNo: string; fen: number; at: Date };

/** One trade at Alipay. Amounts are in fen. */
export type Trade = {
  account: AlipayAccount;
  outTradeNo: string;
  tradeNo: string;
  subject: string;
  body: string | undefined;
  passbackParams: string | undefined;
  fen: number;
  notifyUrl: string | undefined;
  returnUrl: string | undefined;
  buyerId: string;
  status: TradeStatus;
  createdAt: Date;
  expiresAt: Date;
  paidAt: Date | undefined;
  closedAt: Date | undefined;
  refunds: TradeRefund[];
};

/** What has been refunded of a trade, in fen. */
export function refundedFen(trade: Trade): number {
  return trade.refunds.reduce((sum, refund) => sum + refund.fen, 0);
}
