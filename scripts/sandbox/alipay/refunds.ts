import { decimal } from "../kernel/decimal.ts";
import { businessError } from "./alipay-error.ts";
import { toBeijing } from "./beijing-time.ts";
import { notify } from "./notification.ts";
import { parseFen, readText } from "./page-pay.ts";
import type { Fields, State } from "./state.ts";
import { refundedFen } from "./trade.ts";
import { buyerLogonId, openIdOf } from "./trade-query.ts";
import type { VerifiedRequest } from "./verify-request.ts";

/** `alipay.trade.refund`: `fund_change` says whether this call has moved money. */
export function refunded(state: State, { account, biz }: VerifiedRequest): Fields {
  const { clock, trades, refunds, webhooks, refundPlan } = state;
  const trade = trades.ofMerchant(account, biz);
  const fen = parseFen(biz.refund_amount, "refund_amount");
  const requestNo = readText(biz, "out_request_no", 64);
  readText(biz, "refund_reason", 256);
  if (requestNo === undefined && fen < trade.fen) {
    throw businessError("INVALID_PARAMETER", "out_request_no is needed for a partial refund");
  }
  const { refund, fresh } = refunds.refund(trade, {
    fen,
    inConsole: false,
    settled: refundPlan.nextSettles,
    ...(requestNo !== undefined && { requestNo }),
  });
  if (fresh) refundPlan.nextSettles = true;
  const moved = fresh && refund.settled;
  if (moved) notify(clock, webhooks, trade, refund);
  return {
    buyer_logon_id: buyerLogonId,
    buyer_open_id: openIdOf(trade),
    buyer_user_id: trade.buyerId,
    fund_change: moved ? "Y" : "N",
    ...(refund.settled && { gmt_refund_pay: toBeijing(refund.at) }),
    out_trade_no: trade.outTradeNo,
    refund_fee: decimal(refundedFen(trade), 2),
    refund_charge_info_list: [],
    send_back_fee: decimal(moved ? refund.fen : 0, 2),
    trade_no: trade.tradeNo,
  };
}

/**
 * `alipay.trade.fastpay.refund.query`: code 10000 says only that the query succeeded. Without `refund_status` the
 * refund has not succeeded; an unknown refund gets an answer without any fields
 * (docs.open.alipay.com/api_1/alipay.trade.fastpay.refund.query).
 */
export function refundQueried({ trades }: State, { account, biz }: VerifiedRequest): Fields {
  if (typeof biz.out_request_no !== "string" || biz.out_request_no === "") {
    throw businessError("INVALID_PARAMETER", "out_request_no is needed");
  }
  const trade = trades.ofMerchant(account, biz);
  const refund = trade.refunds.find(({ requestNo }) => requestNo === biz.out_request_no);
  if (!refund) return {};
  return {
    out_request_no: refund.requestNo,
    out_trade_no: trade.outTradeNo,
    refund_amount: decimal(refund.fen, 2),
    ...(refund.settled && { refund_status: "REFUND_SUCCESS", send_back_fee: decimal(refund.fen, 2) }),
    total_amount: decimal(trade.fen, 2),
    trade_no: trade.tradeNo,
  };
}
