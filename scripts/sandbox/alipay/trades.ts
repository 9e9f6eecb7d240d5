import type { Clock } from "../../../lib/clock.ts";
import { randomDigits } from "../kernel/random.ts";
import type { Keep } from "../kernel/stored-state.ts";
import type { AlipayAccount } from "./accounts.ts";
import { businessError } from "./alipay-error.ts";
import { toBeijing } from "./beijing-time.ts";
import type { PagePay } from "./page-pay.ts";
import type { Trade } from "./trade.ts";

/**
 * All trades, and the only place where one changes (refunds: `trade-refunds.ts`). Every read first closes trades whose
 * time is over.
 */
export type Trades = {
  open(account: AlipayAccount, input: PagePay): Trade;
  /** Throws what `open` would throw, and opens nothing. */
  checkOpen(account: AlipayAccount, input: PagePay): void;
  all(): Trade[];
  ofMerchant(account: AlipayAccount, biz: Record<string, unknown>): Trade;
  pay(trade: Trade): void;
  close(trade: Trade): void;
};

/** Alipay's trades. Refusals are thrown as `AlipayError`. */
export function createTrades(clock: Clock, keep: Keep): Trades {
  const trades = keep<Trade[]>("trades", []);

  function upToDate(trade: Trade): Trade {
    if (trade.status === "WAIT_BUYER_PAY" && clock.now() >= trade.expiresAt) {
      trade.status = "TRADE_CLOSED";
      trade.closedAt = trade.expiresAt;
    }
    return trade;
  }

  /** The trade that is opened again; undefined when there is none yet. Throws when the input cannot be opened. */
  function existing(account: AlipayAccount, input: PagePay): Trade | undefined {
    const found = trades.find((trade) => trade.account === account && trade.outTradeNo === input.outTradeNo);
    if (found) return reopened(upToDate(found), input);
    if (clock.now() >= input.expiresAt) throw businessError("INVALID_PARAMETER", "time_expire has passed");
    return undefined;
  }

  return {
    all: () => trades.map(upToDate),
    checkOpen: (account, input) => void existing(account, input),

    open(account, input) {
      const found = existing(account, input);
      if (found) return found;
      const now = clock.now();
      const trade: Trade = {
        ...input,
        account,
        tradeNo: `${toBeijing(now).slice(0, 10).replaceAll("-", "")}22001${randomDigits(15)}`,
        buyerId: `2088${randomDigits(12)}`,
        status: "WAIT_BUYER_PAY",
        createdAt: now,
        paidAt: undefined,
        closedAt: undefined,
        refunds: [],
      };
      trades.push(trade);
      return trade;
    },

    ofMerchant(account, biz) {
      const { trade_no: tradeNo, out_trade_no: outTradeNo } = biz;
      if (tradeNo === undefined && outTradeNo === undefined) {
        throw businessError("INVALID_PARAMETER", "out_trade_no or trade_no is needed");
      }
      const trade = trades.find(
        (found) =>
          found.account === account &&
          (tradeNo === undefined ? found.outTradeNo === outTradeNo : found.tradeNo === tradeNo),
      );
      if (!trade) throw businessError("TRADE_NOT_EXIST", "the trade does not exist");
      return upToDate(trade);
    },

    pay(trade) {
      if (upToDate(trade).status !== "WAIT_BUYER_PAY") throw wrongStatus(trade);
      trade.status = "TRADE_SUCCESS";
      trade.paidAt = clock.now();
    },

    close(trade) {
      if (upToDate(trade).status !== "WAIT_BUYER_PAY") throw wrongStatus(trade);
      trade.status = "TRADE_CLOSED";
      trade.closedAt = clock.now();
    },
  };
}

/** Checks that a trade can be opened again with this input. */
function reopened(trade: Trade, input: PagePay): Trade {
  if (trade.paidAt) throw businessError("TRADE_HAS_SUCCESS", "the trade is paid");
  if (trade.status === "TRADE_CLOSED") throw businessError("TRADE_HAS_CLOSE", "the trade is closed");
  if (trade.fen !== input.fen || trade.subject !== input.subject) {
    throw businessError("CONTEXT_INCONSISTENT", "out_trade_no was used for something else");
  }
  return trade;
}

/** The refusal of an action that the trade's status does not allow. */
export function wrongStatus(trade: Trade): Error {
  return businessError("TRADE_STATUS_ERROR", `the trade's status does not allow this: ${trade.status}`);
}
