import type { WechatAccount } from "./accounts.ts";
import type { NativeOrder } from "./native-order.ts";

/** REFUND: paid, and a full or partial refund has been accepted. */
export type TradeState = "NOTPAY" | "SUCCESS" | "REFUND" | "CLOSED";

export type RefundStatus = "PROCESSING" | "SUCCESS" | "ABNORMAL" | "CLOSED";

/** One refund. Amounts are in fen. */
export type WechatRefund = {
  trade: Trade;
  outRefundNo: string;
  refundId: string;
  fen: number;
  /** Absent: notices go to the trade's notify URL, as if it were configured in the console. */
  notifyUrl: string | undefined;
  status: RefundStatus;
  /** The status with which it ends by itself; PROCESSING: it waits for the control route. */
  endsAs: RefundStatus;
  createdAt: Date;
  succeededAt: Date | undefined;
};

/** One order at WeChat. */
export type Trade = {
  account: WechatAccount;
  order: NativeOrder;
  /** Returned only once the order is paid. */
  transactionId: string;
  openId: string;
  state: TradeState;
  codeUrl: string;
  /** A code can be scanned for two hours; asking again with the same parameters gives a new one. */
  codeUntil: Date;
  createdAt: Date;
  expiresAt: Date;
  paidAt: Date | undefined;
  refunds: WechatRefund[];
};

/** Total of successful refunds, in fen. */
export function refundedFen({ refunds }: Trade): number {
  return sum(refunds.filter(({ status }) => status === "SUCCESS"));
}

/** What can still be refunded, in fen: a refund counts until it is CLOSED. */
export function refundableFen({ order, refunds }: Trade): number {
  return order.fen - sum(refunds.filter(({ status }) => status !== "CLOSED"));
}

function sum(refunds: WechatRefund[]): number {
  return refunds.reduce((total, { fen }) => total + fen, 0);
}
