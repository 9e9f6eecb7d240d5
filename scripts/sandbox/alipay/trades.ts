import type { Clock } from "../../../lib/clock.ts";
import { randomDigits } from "../kernel/random.ts";
import type { AlipayAccount } from "./accounts.ts";
import { businessError } from "./alipay-error.ts";
import { toBeijing } from "./beijing-time.ts";
import type { PagePay } from "./page-pay.ts";
import { refundedFen, type Trade, type TradeRefund } from "./trade.ts";

/** All trades, and the only place where one changes. Every look at a trade first lets its time run out. */
export type Trades = {
  open(account: AlipayAccount, wanted: PagePay): Trade;
  all(): Trade[];
  ofMerchant(account: AlipayAccount, biz: Record<string, unknown>): Trade;
  pay(trade: Trade): void;
  close(trade: Trade): void;
  refund(trade: Trade, requestNo: string | undefined, fen: number): { refund: TradeRefund; fresh: boolean };
};

/** Alipay's books. Refusals are thrown as `AlipayError`. */
export function createTrades(clock: Clock): Trades {
  const trades: Trade[] = [];

  function upToDate(trade: Trade): Trade {
    if (trade.status === "WAIT_BUYER_PAY" && clock.now() >= trade.expiresAt) {
      trade.status = "TRADE_CLOSED";
      trade.closedAt = trade.expiresAt;
    }
    return trade;
  }

  return {
    all: () => trades.map(upToDate),

    open(account, wanted) {
      const existing = trades.find(
        (trade) => trade.account === account && trade.outTradeNo === wanted.outTradeNo,
      );
      if (existing) return reopened(upToDate(existing), wanted);
      const now = clock.now();
      if (now >= wanted.expiresAt) throw businessError("INVALID_PARAMETER", "time_expire has passed");
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

    refund(trade, requestNo = trade.outTradeNo, fen) {
      const same = trade.refunds.find((refund) => refund.requestNo === requestNo);
      if (same && same.fen !== fen) {
        throw businessError("DISCORDANT_REPEAT_REQUEST", "out_request_no was used with another amount");
      }
      if (same) return { refund: same, fresh: false };
      if (trade.status !== "TRADE_SUCCESS") throw wrongStatus(trade);
      if (refundedFen(trade) + fen > trade.fen) {
        throw businessError("REFUND_AMT_NOT_EQUAL_TOTAL", "more than what is left of the trade");
      }
      const refund = { requestNo, fen, at: clock.now() };
      trade.refunds.push(refund);
      if (refundedFen(trade) === trade.fen) {
        trade.status = "TRADE_CLOSED";
        trade.closedAt = refund.at;
      }
      return { refund, fresh: true };
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

function wrongStatus(trade: Trade): Error {
  return businessError("TRADE_STATUS_ERROR", `the trade's status does not allow this: ${trade.status}`);
}
