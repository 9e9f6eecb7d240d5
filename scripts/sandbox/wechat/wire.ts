import { toBeijing } from "./beijing-time.ts";
import type { Trade, TradeState, WechatRefund } from "./trade.ts";

const stateTexts: Record<TradeState, string> = {
  NOTPAY: "订单未支付",
  SUCCESS: "支付成功",
  REFUND: "订单发生过退款，退款详情请查询退款单",
  CLOSED: "订单已关闭",
};

/**
 * An order as a query returns it and TRANSACTION.SUCCESS contains it; before it is paid it lacks the transaction and
 * the amount's `currency`. `extraFen` is added to the amounts (pay.weixin.qq.com/doc/v3/merchant/4013070356).
 */
export function transactionObject(trade: Trade, extraFen = 0, state: TradeState = trade.state): object {
  const { account, order, paidAt } = trade;
  const total = order.fen + extraFen;
  const amount = { total, payer_currency: "CNY", ...(paidAt && { currency: "CNY", payer_total: total }) };
  return {
    amount,
    appid: order.appId,
    attach: order.attach,
    mchid: account.mchId,
    out_trade_no: order.outTradeNo,
    promotion_detail: [],
    trade_state: state,
    trade_state_desc: stateTexts[state],
    ...(paidAt && {
      bank_type: "OTHERS",
      payer: { openid: trade.openId },
      success_time: toBeijing(paidAt),
      trade_type: "NATIVE",
      transaction_id: trade.transactionId,
    }),
  };
}

/** A refund as the API returns it (wechatpay-java refund/model/Refund.java, Amount.java). */
export function refundObject(refund: WechatRefund): object {
  const { trade, fen } = refund;
  return {
    amount: {
      currency: "CNY",
      discount_refund: 0,
      from: [],
      payer_refund: fen,
      payer_total: trade.order.fen,
      refund: fen,
      refund_fee: 0,
      settlement_refund: fen,
      settlement_total: trade.order.fen,
      total: trade.order.fen,
    },
    channel: "ORIGINAL",
    create_time: toBeijing(refund.createdAt),
    funds_account: "AVAILABLE",
    ...refundNumbers(refund),
    promotion_detail: [],
    status: refund.status,
  };
}

/**
 * A refund as a REFUND.… notice contains it: with other names, and without currency
 * (pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_1_11.shtml).
 */
export function refundNotice(refund: WechatRefund, extraFen = 0): object {
  const { trade, fen } = refund;
  const [total, returned] = [trade.order.fen, fen + extraFen];
  return {
    mchid: trade.account.mchId,
    ...refundNumbers(refund),
    refund_status: refund.status,
    amount: { total, refund: returned, payer_total: total, payer_refund: returned },
  };
}

function refundNumbers({ trade, outRefundNo, refundId, succeededAt }: WechatRefund): object {
  return {
    out_refund_no: outRefundNo,
    out_trade_no: trade.order.outTradeNo,
    refund_id: refundId,
    transaction_id: trade.transactionId,
    user_received_account: "支付用户零钱",
    ...(succeededAt && { success_time: toBeijing(succeededAt) }),
  };
}
