import type { Clock } from "../../../lib/clock.ts";
import type { Keep } from "../kernel/kept-state.ts";
import { randomDigits } from "../kernel/random.ts";
import type { AlipayAccount } from "./accounts.ts";
import { businessError } from "./alipay-error.ts";
import { toBeijing } from "./beijing-time.ts";
import type { PagePay } from "./page-pay.ts";
import type { Trade } from "./trade.ts";

/**
 * All trades, and the only place where one changes (refunds: `trade-refunds.ts`). Every look at a trade first lets its
 * time run out.
 */
export type Trades = {
  open(account: AlipayAccount, wanted: PagePay): Trade;
  /** Throws what `open` would throw, and opens nothing. */
  checkOpen(account: AlipayAccount, wanted: PagePay): void;
  all(): Trade[];
  ofMerchant(account: AlipayAccount, biz: Record<string, unknown>): Trade;
  pay(trade: Trade): void;
  close(trade: Trade): void;
};

/** Alipay's books. Refusals are thrown as `AlipayError`. */
export function createTrades(clock: Clock, keep: Keep): Trades {
  const trades = keep<Trade[]>("trades", []);

  function upToDate(trade: Trade): Trade {
    if (trade.status === "WAIT_BUYER_PAY" && clock.now() >= trade.expiresAt) {
      trade.status = "TRADE_CLOSED";
      trade.closedAt = trade.expiresAt;
    }
    return trade;
  }

  /** The trade that a buyer meets again; undefined when there is none yet and one can be opened. */
  function existing(account: AlipayAccount, wanted: PagePay): Trade | undefined {
    const known = trades.find((trade) => trade.account === account && trade.outTradeNo === wanted.outTradeNo);
    if (known) return reopened(upToDate(known), wanted);
    if (clock.now() >= wanted.expiresAt) throw businessError("INVALID_PARAMETER", "time_expire has passed");
    return undefined;
  }

  return {
    all: () => trades.map(upToDate),
    checkOpen: (account, wanted) => void existing(account, wanted),

    open(account, wanted) {
      const known = existing(account, wanted);
      if (known) return known;
      const now = clock.now();
      const trade: Trade = {
        ...wanted,
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
        (known) =>
          known.account === account &&
          (tradeNo === undefined ? known.outTradeNo === outTradeNo : known.tradeNo === tradeNo),
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

/** The buyer opens the pay URL once more. */
function reopened(trade: Trade, wanted: PagePay): Trade {
  if (trade.paidAt) throw businessError("TRADE_HAS_SUCCESS", "the trade is paid");
  if (trade.status === "TRADE_CLOSED") throw businessError("TRADE_HAS_CLOSE", "the trade is closed");
  if (trade.fen !== wanted.fen || trade.subject !== wanted.subject) {
    throw businessError("CONTEXT_INCONSISTENT", "out_trade_no was used for something else");
  }
  return trade;
}

/** The refusal of what a trade's status does not allow. */
export function wrongStatus(trade: Trade): Error {
  return businessError("TRADE_STATUS_ERROR", `the trade's status does not allow this: ${trade.status}`);
}
