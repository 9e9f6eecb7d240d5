import { isCurrency } from "../../money/currencies.ts";
import { fromInteger } from "../../money/money.ts";
import type { Observation } from "../../payment/provider.ts";
import { type Transaction, transaction } from "./wire.ts";

/**
 * The merchant and the applications of the config: AppIDs are bound to a merchant number, so orders that were made with a
 * former one are still this account's.
 */
export type Own = { mch_id: string; app_id: string; former_app_ids?: string[] | undefined };

/**
 * What WeChat Pay says of an order, asked or told. A payment to another merchant or application keeps that other account,
 * so that it never settles a payment and is seen as the anomaly it is.
 */
export function tradeObservations(content: unknown, own: Own, now: Date): Observation[] {
  const parsed = transaction.safeParse(content);
  if (!parsed.success) return [{ kind: "unrecognised", said: "a transaction of another form" }];
  const trade = parsed.data;
  const { out_trade_no: orderNo, trade_state: state } = trade;
  const account = accountOf(trade, own);
  if (state === "SUCCESS") return [paidObservation(trade, account, now)];
  // No answer tells how much was refunded, and nothing lists a transaction's refunds.
  if (state === "REFUND") {
    return [
      paidObservation(trade, account, now),
      { kind: "hint", orderNo, why: "refunded, in part or in full" },
    ];
  }
  // mutation: wechat-close-account
  if (account !== own.mch_id)
    return [{ kind: "unrecognised", said: `trade_state ${state} of another account` }];
  // Every state of the official models: wechatpay-java@1dab7be payments/model/Transaction.java, TradeStateEnum.
  switch (state) {
    case "NOTPAY":
    // Only payments by the buyer's own code are documented to get here; one try of a buyer is never the end.
    case "USERPAYING":
    case "PAYERROR":
      return [{ kind: "open", orderNo, why: state }];
    // Taken, waiting for the debit: money may come without another word of the buyer.
    case "ACCEPT":
      return [{ kind: "started", orderNo, why: state }];
    case "CLOSED":
    case "REVOKED":
      return [{ kind: "closed", orderNo, why: state }];
    default:
      return [{ kind: "unrecognised", said: `trade_state ${state}` }];
  }
}

function accountOf({ mchid, appid }: Transaction, own: Own): string {
  // mutation: wechat-payment-merchant
  if (mchid !== own.mch_id) return mchid;
  // mutation: wechat-payment-app
  return [own.app_id, /* mutation: wechat-former-app */ ...(own.former_app_ids ?? [])].includes(appid)
    ? own.mch_id
    : appid;
}

function paidObservation(trade: Transaction, account: string, now: Date): Observation {
  const { transaction_id: tradeNo, amount, success_time: time, out_trade_no: orderNo } = trade;
  // An order is of 1 fen or more: 0 says that no amount is there.
  if (
    !tradeNo ||
    /* mutation: wechat-payment-zero */ !amount?.total ||
    !amount.currency ||
    !isCurrency(amount.currency)
  ) {
    return { kind: "unrecognised", said: "a paid transaction without a readable amount or transaction_id" };
  }
  return {
    kind: "paid",
    orderNo,
    account,
    amount: fromInteger(amount.total, amount.currency),
    tradeNo,
    paidAt: time ? new Date(time) : now,
    objectId: null,
  };
}
