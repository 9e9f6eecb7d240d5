import { decimal } from "../kernel/decimal.ts";
import { toBeijing } from "./beijing-time.ts";
import type { Fields } from "./state.ts";

import type { Trade } from "./trade.ts";

/**
 * The answer of `alipay.trade.query`: the members that it always has, and those of a payment when it is paid
 * (alipay/alipay-sdk-php-all v3/src/Model/AlipayTradeQueryResponseModel.php@d95249a; opendocs.alipay.com/open/02ekfh).
 */
export function queried(trade: Trade): Fields {
  const amount = decimal(trade.fen, 2);
  const paid = trade.paidAt ? amount : "0.00";
  return {
    buyer_logon_id: buyerLogonId,
    buyer_open_id: openIdOf(trade),
    buyer_pay_amount: paid,
    buyer_user_id: trade.buyerId,
    buyer_user_type: "PRIVATE",
    invoice_amount: paid,
    out_trade_no: trade.outTradeNo,
    ...(trade.passbackParams && { passback_params: trade.passbackParams }),
    point_amount: "0.00",
    receipt_amount: paid,
    ...(trade.paidAt && paidFields(trade.paidAt, amount)),
    subject: trade.subject,
    ...(trade.body && { body: trade.body }),
    total_amount: amount,
    trade_no: trade.tradeNo,
    trade_status: trade.status,
  };
}

/** Masked, as Alipay shows it. */
export const buyerLogonId = "buy***@example.com";

export function openIdOf({ buyerId }: Trade): string {
  return `0${buyerId}openid`.padEnd(47, "x");
}

function paidFields(at: Date, amount: string): Fields {
  return {
    send_pay_date: toBeijing(at),
    fund_bill_list: [{ amount, fund_channel: "ALIPAYACCOUNT", real_amount: amount }],
    charge_amount: "0.00",
    mdiscount_amount: "0.00",
    discount_amount: "0.00",
  };
}
