import { isDeepStrictEqual } from "node:util";
import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import { randomDigits, randomText } from "../kernel/random.ts";
import type { Keep } from "../kernel/stored-state.ts";
import type { WechatAccount } from "./accounts.ts";
import { toBeijing } from "./beijing-time.ts";
import type { NativeOrder } from "./native-order.ts";
import type { Trade } from "./trade.ts";
import { WechatError } from "./wechat-error.ts";

/** All orders, and the only place where one changes (its refunds: `refunds.ts`). Refusals are `WechatError`s. */
export type Trades = {
  /** Creates the order, or returns the existing one with exactly these parameters. */
  create(account: WechatAccount, order: NativeOrder): Trade;
  all(): Trade[];
  ofMerchant(account: WechatAccount, by: { outTradeNo: string } | { transactionId: string }): Trade;
  pay(trade: Trade): void;
  close(trade: Trade): void;
  /** Expires the order now. */
  expire(trade: Trade): void;
};

const codeLifeSeconds = 2 * 3600;
const daySeconds = 24 * 3600;
/** Of an order without and with `time_expire`, which is limited (pay.weixin.qq.com/doc/v3/merchant/4012525171). */
const lifeSeconds = { default: 7 * daySeconds, least: 60, most: 90 * daySeconds };

/** WeChat's orders. */
export function createTrades(clock: Clock, keep: Keep): Trades {
  const trades = keep<Trade[]>("trades", []);

  return {
    all: () => trades,

    create(account, order) {
      const existing = trades.find(
        (trade) => trade.account === account && trade.order.outTradeNo === order.outTradeNo,
      );
      if (existing) {
        checkRepeated(existing, order);
        if (clock.now() >= existing.codeUntil) Object.assign(existing, newCode(clock.now()));
        return existing;
      }
      const trade = newTrade(account, order, clock.now());
      trades.push(trade);
      return trade;
    },

    ofMerchant(account, by) {
      const trade = trades.find(
        (existing) =>
          existing.account === account &&
          ("outTradeNo" in by
            ? existing.order.outTradeNo === by.outTradeNo
            : existing.transactionId === by.transactionId && existing.paidAt !== undefined),
      );
      if (!trade) throw new WechatError("ORDER_NOT_EXIST", "订单不存在");
      return trade;
    },

    pay(trade) {
      checkUnpaid(trade);
      const now = clock.now();
      if (now >= trade.expiresAt) throw new WechatError("INVALID_REQUEST", "订单已过支付截止时间");
      if (now >= trade.codeUntil) throw new WechatError("INVALID_REQUEST", "二维码已过期");
      trade.state = "SUCCESS";
      trade.paidAt = now;
    },

    close(trade) {
      checkUnpaid(trade);
      trade.state = "CLOSED";
    },

    expire(trade) {
      checkUnpaid(trade);
      trade.expiresAt = clock.now();
    },
  };
}

function newTrade(account: WechatAccount, order: NativeOrder, now: Date): Trade {
  return {
    account,
    order,
    transactionId: `4200${randomDigits(6)}${toBeijing(now).slice(0, 10).replaceAll("-", "")}${randomDigits(10)}`,
    openId: `o${randomText(27)}`,
    state: "NOTPAY",
    ...newCode(now),
    createdAt: now,
    expiresAt: endOf(order, now),
    paidAt: undefined,
    refunds: [],
  };
}

function endOf({ timeExpire }: NativeOrder, now: Date): Date {
  if (timeExpire === undefined) return secondsAfter(now, lifeSeconds.default);
  const [least, most] = [secondsAfter(now, lifeSeconds.least), secondsAfter(now, lifeSeconds.most)];
  if (timeExpire < least) return least;
  return timeExpire > most ? most : timeExpire;
}

function newCode(now: Date): Pick<Trade, "codeUrl" | "codeUntil"> {
  const codeUrl = `weixin://wxpay/bizpayurl?pr=${randomText(9)}`;
  return { codeUrl, codeUntil: secondsAfter(now, codeLifeSeconds) };
}

/** When an order is requested again, every parameter must be the same (github.com/yansongda/pay/issues/705). */
function checkRepeated(trade: Trade, order: NativeOrder): void {
  checkUnpaid(trade);
  if (!isDeepStrictEqual(trade.order, order)) throw new WechatError("OUT_TRADE_NO_USED", "商户订单号重复");
}

function checkUnpaid({ state }: Trade): void {
  if (state === "CLOSED") throw new WechatError("ORDER_CLOSED", "订单已关闭");
  if (state !== "NOTPAY") throw new WechatError("ORDERPAID", "订单已支付");
}
