import type { ProviderEvent } from "../../domain/provider.ts";
import { fromDecimal } from "../../money/money.ts";
import { fromBeijingTime } from "./beijing-time.ts";
import { type TradeNotice, tradeQuery } from "./wire.ts";

/** Translates an answer of `alipay.trade.query`. `account` is the application that sent the query. */
export function queryEvents(content: unknown, orderNo: string, account: string, now: Date): ProviderEvent[] {
  const parsed = tradeQuery.safeParse(content);
  if (!parsed.success)
    return [{ kind: "unrecognised", said: "alipay.trade.query: an answer of another form" }];
  const trade = parsed.data;
  // mutation: alipay-answer-order
  if (trade.out_trade_no !== orderNo) {
    return [{ kind: "unrecognised", said: "alipay.trade.query: an answer about another order" }];
  }
  const amount = fromDecimal(trade.total_amount, "CNY");
  const tradeNo = trade.trade_no;
  const paidAt = trade.send_pay_date ? fromBeijingTime(trade.send_pay_date) : now;
  const paid: ProviderEvent = { kind: "paid", orderNo, account, amount, tradeNo, paidAt, objectId: null };
  switch (trade.trade_status) {
    case "TRADE_SUCCESS":
    case "TRADE_FINISHED":
      return [paid];
    case "WAIT_BUYER_PAY":
      return [{ kind: "open", orderNo, why: trade.trade_status }];
    case "TRADE_CLOSED":
      // `TRADE_CLOSED` has two meanings: never paid, or paid and refunded in full.
      if (!trade.send_pay_date) return [{ kind: "closed", orderNo, why: trade.trade_status }];
      return [paid, { kind: "refundedTotal", orderNo, tradeNo, total: amount }];
    default:
      return [{ kind: "unrecognised", said: `trade_status ${trade.trade_status}` }];
  }
}

/**
 * Translates a verified notice. A payment to another application or seller keeps that account, so that it never settles
 * a payment of ours and shows up as an anomaly; other notices of another account are not about our orders. A refund's
 * notice repeats the payment, whose own notice we may have missed.
 */
export function noticeEvents(
  notice: TradeNotice,
  own: { app_id: string; seller_id?: string | undefined },
  now: Date,
): ProviderEvent[] {
  const { out_trade_no: orderNo, trade_no: tradeNo, trade_status: status } = notice;
  const amount = fromDecimal(notice.total_amount, "CNY");
  const account = accountOf(notice, own);
  const isOurs = account === own.app_id;
  const paidAt = notice.gmt_payment ? fromBeijingTime(notice.gmt_payment) : now;
  const paid: ProviderEvent = { kind: "paid", orderNo, account, amount, tradeNo, paidAt, objectId: null };
  if (isRefund(notice)) {
    if (!isOurs) return [{ kind: "unrecognised", said: "a refund of another account" }];
    return notice.gmt_payment ? [paid, refundOf(notice)] : [refundOf(notice)];
  }
  switch (status) {
    case "TRADE_SUCCESS":
    case "TRADE_FINISHED":
      return [paid];
    case "TRADE_CLOSED":
      if (!isOurs)
        return notice.gmt_payment ? [paid] : [{ kind: "unrecognised", said: `${status} of another account` }];
      if (notice.gmt_payment) return [paid, { kind: "refundedTotal", orderNo, tradeNo, total: amount }];
      return [{ kind: "closed", orderNo, why: status }];
    case "WAIT_BUYER_PAY":
      return [{ kind: "ignored", why: status }];
    default:
      return [{ kind: "unrecognised", said: `trade_status ${status}` }];
  }
}

/** Notices of payments and closes carry `refund_fee=0.00`: nothing was refunded, whatever other refund fields say. */
function isRefund({ refund_fee: sum, gmt_refund: at, out_biz_no: number }: TradeNotice): boolean {
  if (sum) return /* mutation: alipay-zero-refund */ fromDecimal(sum, "CNY").minor > 0;
  return Boolean(at || number);
}

function accountOf(notice: TradeNotice, own: { app_id: string; seller_id?: string | undefined }): string {
  // mutation: alipay-notice-app
  if (notice.app_id !== own.app_id) return notice.app_id;
  if (own.seller_id === undefined || /* mutation: alipay-notice-seller */ own.seller_id === notice.seller_id)
    return own.app_id;
  return notice.seller_id || "unnamed seller";
}

/** In a notice `refund_fee` is the total refunded so far, not the amount of this refund. */
function refundOf({ out_trade_no: orderNo, trade_no: tradeNo, refund_fee: sum }: TradeNotice): ProviderEvent {
  if (!sum) return { kind: "unrecognised", said: "a refund notice without refund_fee" };
  return { kind: "refundedTotal", orderNo, tradeNo, total: fromDecimal(sum, "CNY") };
}
