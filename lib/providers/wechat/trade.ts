import type { ProviderEvent } from "../../domain/provider.ts";
import { isCurrency } from "../../money/currencies.ts";
import { fromInteger } from "../../money/money.ts";
import { type Transaction, transaction } from "./wire.ts";

/**
 * The merchant and the applications of the config. AppIDs are bound to a merchant number, so orders that were created
 * with a former AppID still belong to this account.
 */
type Own = { mch_id: string; app_id: string; former_app_ids?: string[] | undefined };

/**
 * Translates an order from an answer or a notice. A payment to another merchant or application keeps that account, so
 * that it never settles a payment of ours and shows up as an anomaly.
 */
export function tradeEvents(content: unknown, own: Own, now: Date): ProviderEvent[] {
  const parsed = transaction.safeParse(content);
  if (!parsed.success) return [{ kind: "unrecognised", said: "a transaction of another form" }];
  const trade = parsed.data;
  const { out_trade_no: orderNo, trade_state: state } = trade;
  const account = accountOf(trade, own);
  if (state === "SUCCESS") return [paidEvent(trade, account, now)];
  // No answer tells how much was refunded, and no call lists a transaction's refunds.
  if (state === "REFUND") {
    return [
      paidEvent(trade, account, now),
      { kind: "refetch", orderNo, why: "refunded, in part or in full" },
    ];
  }
  // mutation: wechat-close-account
  if (account !== own.mch_id)
    return [{ kind: "unrecognised", said: `trade_state ${state} of another account` }];
  // Every state of the official models: wechatpay-java@1dab7be payments/model/Transaction.java, TradeStateEnum.
  switch (state) {
    case "NOTPAY":
    // Documented only for payments with the buyer's own code; a buyer's failed try never ends the order.
    case "USERPAYING":
    case "PAYERROR":
      return [{ kind: "open", orderNo, why: state }];
    // Accepted, waiting for the debit: money may arrive without another action of the buyer.
    case "ACCEPT":
      return [{ kind: "in_transit", orderNo, why: state }];
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

function paidEvent(trade: Transaction, account: string, now: Date): ProviderEvent {
  const { transaction_id: tradeNo, amount, success_time: time, out_trade_no: orderNo } = trade;
  // An order has an amount of at least 1 fen: 0 means that the amount is missing.
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
