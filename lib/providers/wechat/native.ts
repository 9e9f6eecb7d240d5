import * as z from "zod";
import { secondsAfter } from "../../clock.ts";
import type { Payment } from "../../domain/payment.ts";
import type { NewPayment } from "../../domain/provider.ts";
import { GatewayError } from "../../errors.ts";
import type { WechatCredentials } from "./credentials.ts";
import { amountLimits, isCallable, textLimits, truncated } from "./limits.ts";

/**
 * The request of `POST /v3/pay/transactions/native` as it is stored. Parsing restores the order of the fields, which a
 * database may change: WeChat Pay accepts a repeat only if it is the same request.
 * https://pay.weixin.qq.com/doc/v3/merchant/4012791877
 */
export const nativePay = z.object({
  appid: z.string(),
  mchid: z.string(),
  description: z.string(),
  out_trade_no: z.string(),
  time_expire: z.string(),
  attach: z.string(),
  notify_url: z.string(),
  amount: z.object({ total: z.int(), currency: z.literal("CNY") }),
});
type NativePay = z.infer<typeof nativePay>;

/** Throws `amount_not_allowed` for what WeChat Pay cannot take. `local`: WeChat Pay is a simulator on this machine. */
export function prepareNativePay(payment: NewPayment, own: WechatCredentials, local: boolean): NativePay {
  return {
    appid: own.app_id,
    mchid: own.mch_id,
    description: truncated(payment.subject, textLimits.description),
    out_trade_no: payment.orderNo,
    time_expire: toBeijingTime(orderEnd(payment)),
    attach: payment.outTradeNo,
    notify_url: noticeUrl(payment.notifyUrl, local),
    amount: { total: fen(payment), currency: "CNY" },
  };
}

/**
 * Until when the buyer can pay. WeChat Pay moves a time that is less than a minute from now by its own clock
 * (pay.weixin.qq.com/doc/v3/merchant/4012525171, 2024-12-03); one extra minute covers the delay of the request.
 */
export function orderEnd({ createdAt, expiresAt }: Pick<Payment, "createdAt" | "expiresAt">): Date {
  const earliest = secondsAfter(createdAt, 120);
  return expiresAt > earliest ? expiresAt : earliest;
}

/** RFC 3339 in UTC+8, in whole seconds. */
function toBeijingTime(time: Date): string {
  return `${secondsAfter(time, 8 * 3600)
    .toISOString()
    .slice(0, 19)}+08:00`;
}

/** Throws `amount_not_allowed` for what WeChat Pay cannot take. */
export function fen({ amount }: Pick<NewPayment, "amount">): number {
  const { currency, least } = amountLimits;
  if (amount.currency !== currency) refuse("currency", `WeChat Pay takes ${currency} only`);
  if (amount.minor < least) refuse("amount", "WeChat Pay takes 0.01 CNY or more");
  return amount.minor;
}

function refuse(field: string, message: string): never {
  throw new GatewayError("amount_not_allowed", message, { fields: [{ field, message }] });
}

/** WeChat Pay would silently accept an unsuitable URL, and never call it. */
function noticeUrl(text: string, local: boolean): string {
  if (isCallable(text, textLimits.notify_url, local)) return text;
  throw new GatewayError(
    "internal",
    "PUBLIC_URL does not suit WeChat Pay: webhook URLs are https, without a query, of at most 255 bytes",
  );
}
