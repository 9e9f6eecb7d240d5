import type { Clock } from "../../../lib/clock.ts";
import { businessError } from "./alipay-error.ts";
import { refundableFen, refundedFen, type Trade, type TradeRefund } from "./trade.ts";
import { wrongStatus } from "./trades.ts";

/** `requestNo` defaults to the trade's own number. `settled`: the refund settles immediately. */
export type RefundInput = { requestNo?: string; fen: number; inConsole: boolean; settled: boolean };

/** The only place where a trade's refunds change. Refusals are thrown as `AlipayError`. */
export type TradeRefunds = {
  /** `fresh`: there was no refund with this number yet. */
  refund(trade: Trade, input: RefundInput): { refund: TradeRefund; fresh: boolean };
  /** Settles a refund. */
  settle(trade: Trade, refund: TradeRefund): void;
  /** Ends the time in which the trade can be refunded. */
  finish(trade: Trade): void;
};

/** Alipay's refund ledger. */
export function createTradeRefunds(clock: Clock): TradeRefunds {
  function settle(trade: Trade, refund: TradeRefund): void {
    refund.settled = true;
    refund.at = clock.now();
    if (refundedFen(trade) < trade.fen) return;
    trade.status = "TRADE_CLOSED";
    trade.closedAt = refund.at;
  }

  return {
    refund(trade, { requestNo = trade.outTradeNo, fen, inConsole, settled }) {
      const same = trade.refunds.find((refund) => refund.requestNo === requestNo);
      if (same && same.fen !== fen) {
        throw businessError("DISCORDANT_REPEAT_REQUEST", "out_request_no was used with another amount");
      }
      if (same) return { refund: same, fresh: false };
      checkRefundable(trade, fen);
      const refund: TradeRefund = { requestNo, inConsole, fen, at: clock.now(), settled: false };
      trade.refunds.push(refund);
      if (trade.account.availableFen !== undefined) trade.account.availableFen -= fen;
      if (settled) settle(trade, refund);
      return { refund, fresh: true };
    },
    settle,
    finish(trade) {
      if (trade.status !== "TRADE_SUCCESS") throw wrongStatus(trade);
      trade.status = "TRADE_FINISHED";
    },
  };
}

/** Error codes: opendocs.alipay.com/open/028sm9 (alipay.trade.refund). */
function checkRefundable(trade: Trade, fen: number): void {
  if (trade.status === "TRADE_FINISHED") {
    throw businessError("TRADE_HAS_FINISHED", "the trade is finished: it cannot be refunded any more");
  }
  if (trade.status !== "TRADE_SUCCESS") throw wrongStatus(trade);
  if (fen === 0 || fen > refundableFen(trade)) {
    throw businessError("REFUND_AMT_NOT_EQUAL_TOTAL", "more than what is left of the trade");
  }
  if (fen > (trade.account.availableFen ?? Infinity)) {
    throw businessError("SELLER_BALANCE_NOT_ENOUGH", "the seller's balance is too small");
  }
}
