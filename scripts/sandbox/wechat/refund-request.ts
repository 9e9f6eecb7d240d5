import { checkCurrency } from "./native-order.ts";
import { readNotifyUrl } from "./notify-url.ts";
import { readBody } from "./read-body.ts";
import { paramError } from "./wechat-error.ts";

/** The input of `POST /v3/refund/domestic/refunds`. Amounts are in fen. */
export type RefundRequest = {
  trade: { outTradeNo: string } | { transactionId: string };
  outRefundNo: string;
  fen: number;
  totalFen: number;
  notifyUrl: string | undefined;
};

/** Reads the request (pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_1_9.shtml). Throws a `WechatError`. */
export function readRefundRequest(body: string): RefundRequest {
  const members = readBody(body);
  const transactionId = members.optionalText("transaction_id", { maxBytes: 32 });
  const outTradeNo = members.optionalText("out_trade_no", { maxBytes: 32 });
  if ((transactionId === undefined) === (outTradeNo === undefined)) {
    throw paramError("body", "/out_trade_no", "either transaction_id or out_trade_no is needed");
  }
  const outRefundNo = members.text("out_refund_no", { maxBytes: 64, pattern: /^[\w\-|*@]{1,64}$/ });
  members.optionalText("reason", { maxBytes: 80 });
  const notifyUrl = readNotifyUrl(members, 256);
  const amount = members.members("amount");
  const [fen, totalFen] = [amount.fen("refund"), amount.fen("total")];
  checkCurrency(amount);
  amount.done();
  members.done();
  const trade = transactionId === undefined ? { outTradeNo: outTradeNo! } : { transactionId };
  return { trade, outRefundNo, fen, totalFen, notifyUrl };
}
