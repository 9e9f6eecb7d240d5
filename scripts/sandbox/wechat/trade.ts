import type { WechatAccount } from "./accounts.ts";
import type { NativeOrder } from "./native-order.ts";

/** REFUND: paid, and a refund was accepted for it, be it in part. */
export type TradeState = "NOTPAY" | "SUCCESS" | "REFUND" | "CLOSED";

export type RefundStatus = "PROCESSING" | "SUCCESS" | "ABNORMAL" | "CLOSED";

/** One refund. Amounts are in fen. */
export type WechatRefund = {
  trade: Trade;
  outRefundNo: string;
  refundId: string;
  fen: number;
  /** Absent: notices go where the trade's go, as if the console named that address. */
  notifyUrl: string | undefined;
  status: RefundStatus;
  /** How it ends by itself; PROCESSING: it waits until the control route says. */
  endsAs: RefundStatus;
  createdAt: Date;
  succeededAt: Date | undefined;
};

/** One order at WeChat. */
export type Trade = {
  account: WechatAccount;
  order: NativeOrder;
  /** Shown when it is paid. */
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

/** What has arrived back at the buyer, in fen. */
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
