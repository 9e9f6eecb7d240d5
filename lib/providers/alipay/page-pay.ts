import * as z from "zod";
import { GatewayError } from "../../errors.ts";
import { toDecimal } from "../../money/money.ts";
import type { NewPayment } from "../../payment/provider.ts";
import { shorten } from "../shorten.ts";
import { toBeijingTime } from "./beijing-time.ts";

/**
 * The request of `alipay.trade.page.pay` as it is stored. Parsing restores the order of the fields, which a database
 * may change, so that a repeat signs the same text. https://opendocs.alipay.com/open/028r8t
 */
export const pagePay = z.object({
  timestamp: z.string(),
  notify_url: z.string(),
  return_url: z.string(),
  biz_content: z.object({
    out_trade_no: z.string(),
    product_code: z.literal("FAST_INSTANT_TRADE_PAY"),
    total_amount: z.string(),
    subject: z.string(),
    body: z.string().optional(),
    time_expire: z.string(),
    passback_params: z.string(),
  }),
});
export type PagePay = z.infer<typeof pagePay>;

/** 100,000,000 yuan in fen. */
const most = 10_000_000_000;

/** Throws `amount_not_allowed` for what Alipay's page cannot take. */
export function preparePagePay(payment: NewPayment): PagePay {
  return {
    timestamp: toBeijingTime(payment.createdAt),
    notify_url: payment.notifyUrl,
    return_url: payment.buyerReturnUrl,
    biz_content: {
      out_trade_no: payment.orderNo,
      product_code: "FAST_INSTANT_TRADE_PAY",
      total_amount: yuan(payment),
      subject: plain(payment.subject, 256),
      ...(payment.body ? { body: plain(payment.body, 128) } : {}),
      // Absolute: the trade begins when the buyer opens the link, and a relative time would begin with it.
      time_expire: toBeijingTime(payment.expiresAt),
      // Alipay wants it URL-encoded once more; nothing in an out_trade_no would change.
      passback_params: payment.outTradeNo,
    },
  };
}

function yuan({ amount }: NewPayment): string {
  if (amount.currency !== "CNY") refuse("currency", "Alipay takes CNY only");
  if (amount.minor < 1 || amount.minor > most) refuse("amount", "Alipay takes 0.01 to 100000000 CNY");
  return toDecimal(amount);
}

function refuse(field: string, message: string): never {
  throw new GatewayError("amount_not_allowed", message, { fields: [{ field, message }] });
}

/** Alipay forbids `/`, `=` and `&` in its texts; their full-width forms read the same. */
function plain(text: string, longest: number): string {
  const fullWidth = text.replace(/[/=&]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
  return shorten(fullWidth, longest);
}
