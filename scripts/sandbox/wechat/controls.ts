import { amountField, Refusal, requiredString, stringField } from "../kernel/call.ts";
import type { Simulator, Which } from "../kernel/serve-simulator.ts";
import { newAppId, type WechatAccount } from "./accounts.ts";
import type { Refunds } from "./refunds.ts";
import { type RefundStatus, refundableFen, type Trade } from "./trade.ts";
import type { Trades } from "./trades.ts";
import { WechatError } from "./wechat-error.ts";

type Ledger = { accounts: Map<string, WechatAccount>; trades: Trades; refunds: Refunds };

const refundStatuses: readonly RefundStatus[] = ["SUCCESS", "ABNORMAL", "CLOSED", "PROCESSING"];

/** Control routes that take more than an order number. */
export function wechatControls({ accounts, trades, refunds }: Ledger): NonNullable<Simulator["controls"]> {
  return {
    refund(body) {
      const orderNo = requiredString(body, "order_no");
      const trade = meantTrade(trades, { orderNo, account: stringField(body, "account") });
      const fen = amountField(body, "amount", 2) ?? refundableFen(trade);
      const { outRefundNo, refundId } = asControl(() => refunds.createInConsole(trade, fen));
      return { ...shown(trade), refund_no: outRefundNo, refund_id: refundId };
    },
    "refund-result": (body) => refundResult(refunds, body),
    "bind-app"(body) {
      const { appIds } = meantAccount(accounts, body);
      appIds.push(newAppId());
      return { app_id: appIds.at(-1), app_ids: appIds };
    },
    balance(body) {
      const account = meantAccount(accounts, body);
      account.availableFen = amountField(body, "available", 2);
      return { account: account.mchId, available_minor: account.availableFen ?? null };
    },
  };
}

function meantAccount(accounts: Ledger["accounts"], body: Record<string, unknown>): WechatAccount {
  const id = requiredString(body, "account");
  const account = accounts.get(id);
  if (!account) throw new Refusal(404, `WeChat has no merchant ${id}.`);
  return account;
}

/** `{refund_no?, status}`: sets the status of that refund; without `refund_no` that of the next one. */
function refundResult(refunds: Refunds, body: Record<string, unknown>): object {
  const status = refundStatuses.find((one) => one === body.status);
  if (!status) throw new Refusal(400, `status must be one of ${refundStatuses.join(", ")}.`);
  const refundNo = stringField(body, "refund_no");
  if (refundNo === undefined) {
    refunds.planNext(status);
    return { next: status };
  }
  const refund = refunds.all().find((one) => [one.outRefundNo, one.refundId].includes(refundNo));
  if (!refund) throw new Refusal(404, `WeChat has no refund ${refundNo}.`);
  asControl(() => refunds.end(refund, status));
  return { refund_no: refund.outRefundNo, refund_id: refund.refundId, status };
}

/** The trade that a control call refers to. */
export function meantTrade(trades: Trades, { orderNo, account }: Which): Trade {
  const found = trades
    .all()
    .filter((trade) => trade.order.outTradeNo === orderNo && (!account || trade.account.mchId === account));
  if (found.length > 1) {
    throw new Refusal(409, `Several merchants have an order ${orderNo}: name one in "account".`);
  }
  if (!found[0]) throw new Refusal(404, `WeChat has no order ${orderNo}.`);
  return found[0];
}

/** Turns WeChat's refusal into a 409 of the control route. */
export function asControl<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof WechatError ? new Refusal(409, `${error.code}: ${error.message}`) : error;
  }
}

/** A control route's answer about a trade. */
export function shown(trade: Trade): object {
  return { order_no: trade.order.outTradeNo, trade_no: trade.transactionId, status: trade.state };
}
