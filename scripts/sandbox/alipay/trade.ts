import type { AlipayAccount } from "./accounts.ts";

/** TRADE_FINISHED: paid, and the time for refunds is over. */
export type TradeStatus = "WAIT_BUYER_PAY" | "TRADE_SUCCESS" | "TRADE_FINISHED" | "TRADE_CLOSED";

/** One refund of a trade. */
export type TradeRefund = {
  /** The merchant's `out_request_no`; for a refund made in the console a number by Alipay. */
  requestNo: string;
  inConsole: boolean;
  fen: number;
  at: Date;
  /** The money has moved. Until then Alipay reports neither success nor failure. */
  settled: boolean;
};

/** One trade at Alipay. Amounts are in fen. */
export type Trade = {
  account: AlipayAccount;
  /** Of the request that created it. */
  method: string;
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

/** Total of a trade's settled refunds, in fen. */
export function refundedFen({ refunds }: Trade): number {
  return sum(refunds.filter(({ settled }) => settled));
}

/** What can still be refunded of a trade, in fen. */
export function refundableFen({ fen, refunds }: Trade): number {
  return fen - sum(refunds);
}

function sum(refunds: TradeRefund[]): number {
  return refunds.reduce((total, { fen }) => total + fen, 0);
}
