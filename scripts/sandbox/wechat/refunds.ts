import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import { randomDigits } from "../kernel/random.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { WechatAccount } from "./accounts.ts";
import type { RefundRequest } from "./refund-request.ts";
import { type RefundStatus, refundableFen, type Trade, type WechatRefund } from "./trade.ts";
import type { Trades } from "./trades.ts";
import { WechatError } from "./wechat-error.ts";

/** All refunds, and the only place where one changes. Refusals are thrown as `WechatError`. */
export type Refunds = {
  /** Accepts a refund, or returns the one accepted under this number. It ends by itself later. */
  create(account: WechatAccount, input: RefundRequest): WechatRefund;
  /** A refund made in the console: it succeeds at once. */
  createInConsole(trade: Trade, fen: number): WechatRefund;
  ofMerchant(account: WechatAccount, outRefundNo: string): WechatRefund;
  all(): WechatRefund[];
  /** Ends an open refund; repeating the same status is allowed. PROCESSING: it stays open until the next call. */
  end(refund: WechatRefund, status: RefundStatus): void;
  /** Makes the next refund through the API end with this status, without the usual wait. */
  planNext(status: RefundStatus): void;
};

type Numbered = Pick<WechatRefund, "outRefundNo" | "fen" | "notifyUrl">;

type RefundDeps = {
  clock: Clock;
  scheduler: Scheduler;
  trades: Trades;
  /** How long a refund is PROCESSING, on the clock. */
  settleSeconds: number;
  ended(refund: WechatRefund): void;
};

/** A trade's partial refunds (pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_1_9.shtml). */
const maxRefunds = 50;

/** From the payment on (wechatpay-go services/refunddomestic/api_refunds.go: "over a year: no refund"). */
const refundableSeconds = 365 * 24 * 3600;

/** ABNORMAL is not final: the merchant repairs it in the console. */
const nextStatuses: Record<RefundStatus, RefundStatus[]> = {
  PROCESSING: ["PROCESSING", "SUCCESS", "ABNORMAL", "CLOSED"],
  ABNORMAL: ["ABNORMAL", "SUCCESS", "CLOSED"],
  SUCCESS: ["SUCCESS"],
  CLOSED: ["CLOSED"],
};

/** WeChat's refund ledger. */
export function createRefunds({ clock, scheduler, trades, settleSeconds, ended }: RefundDeps): Refunds {
  let planned: RefundStatus | undefined;

  function add(trade: Trade, { outRefundNo, fen, notifyUrl }: Numbered): WechatRefund {
    const refund: WechatRefund = {
      trade,
      outRefundNo,
      refundId: `5030${randomDigits(25)}`,
      fen,
      notifyUrl,
      status: "PROCESSING",
      endsAs: "SUCCESS",
      createdAt: clock.now(),
      succeededAt: undefined,
    };
    trade.refunds.push(refund);
    trade.state = "REFUND";
    if (trade.account.availableFen !== undefined) trade.account.availableFen -= refund.fen;
    return refund;
  }

  function end(refund: WechatRefund, status: RefundStatus): void {
    if (!nextStatuses[refund.status].includes(status)) {
      throw new WechatError("INVALID_REQUEST", `the refund is ${refund.status}`);
    }
    if (status === "PROCESSING") refund.endsAs = status;
    if (status === refund.status) return;
    refund.status = status;
    if (status === "SUCCESS") refund.succeededAt = clock.now();
    const { account } = refund.trade;
    if (status === "CLOSED" && account.availableFen !== undefined) account.availableFen += refund.fen;
    ended(refund);
  }

  function endLater(refund: WechatRefund, seconds: number): void {
    scheduler.at(secondsAfter(clock.now(), seconds), () => {
      if (refund.status === "PROCESSING") end(refund, refund.endsAs);
    });
  }
  // Refunds from before a restart.
  for (const refund of trades.all().flatMap(({ refunds }) => refunds)) {
    if (refund.status === "PROCESSING") endLater(refund, settleSeconds);
  }

  return {
    create(account, input) {
      const existing = findRefund(trades, account, input.outRefundNo);
      if (existing) return repeated(existing, input);
      const trade = tradeOf(trades, account, input);
      checkRefundable(trade, input.fen, input.totalFen, clock.now());
      const refund = add(trade, input);
      refund.endsAs = planned ?? "SUCCESS";
      endLater(refund, planned ? 0 : settleSeconds);
      planned = undefined;
      return refund;
    },
    createInConsole(trade, fen) {
      checkRefundable(trade, fen, trade.order.fen, clock.now());
      const refund = add(trade, { outRefundNo: randomDigits(20), fen, notifyUrl: undefined });
      end(refund, "SUCCESS");
      return refund;
    },
    ofMerchant(account, outRefundNo) {
      const refund = findRefund(trades, account, outRefundNo);
      if (!refund) throw new WechatError("RESOURCE_NOT_EXISTS", "退款单不存在");
      return refund;
    },
    all: () => trades.all().flatMap(({ refunds }) => refunds),
    end,
    planNext(status) {
      planned = status;
    },
  };
}

function findRefund(trades: Trades, account: WechatAccount, outRefundNo: string): WechatRefund | undefined {
  return trades
    .all()
    .filter((trade) => trade.account === account)
    .flatMap(({ refunds }) => refunds)
    .find((refund) => refund.outRefundNo === outRefundNo);
}

/** A refund number creates only one refund, however often it is sent. */
function repeated(existing: WechatRefund, { trade, fen, totalFen }: RefundRequest): WechatRefund {
  const { order, transactionId } = existing.trade;
  const sameTrade =
    "outTradeNo" in trade ? trade.outTradeNo === order.outTradeNo : trade.transactionId === transactionId;
  if (sameTrade && fen === existing.fen && totalFen === order.fen) return existing;
  throw new WechatError("INVALID_REQUEST", "订单金额或退款金额与之前请求不一致");
}

function tradeOf(trades: Trades, account: WechatAccount, { trade }: RefundRequest): Trade {
  try {
    return trades.ofMerchant(account, trade);
  } catch (error) {
    if (!(error instanceof WechatError)) throw error;
    throw new WechatError("RESOURCE_NOT_EXISTS", "订单不存在");
  }
}

function checkRefundable(trade: Trade, fen: number, totalFen: number, now: Date): void {
  if (trade.paidAt === undefined) throw new WechatError("INVALID_REQUEST", "订单未支付");
  if (now > secondsAfter(trade.paidAt, refundableSeconds))
    throw new WechatError("INVALID_REQUEST", "订单已超过可退款的最大期限");
  if (totalFen !== trade.order.fen) throw new WechatError("INVALID_REQUEST", "订单金额不一致");
  if (fen === 0 || fen > refundableFen(trade))
    throw new WechatError("INVALID_REQUEST", "退款金额超过可退金额");
  if (trade.refunds.length >= maxRefunds) throw new WechatError("INVALID_REQUEST", "退款次数超过50次");
  if (fen > (trade.account.availableFen ?? Infinity)) throw new WechatError("NOT_ENOUGH", "账户余额不足");
}
