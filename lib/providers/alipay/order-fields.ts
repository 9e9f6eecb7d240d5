import * as z from "zod";
import { GatewayError } from "../../errors.ts";
import { toDecimal } from "../../money/money.ts";
import type { NewPayment } from "../../payment/provider.ts";
import { shorten } from "../shorten.ts";
import { toBeijingTime } from "./beijing-time.ts";

/** What every way to pay says of the order, as it is stored. */
export const orderFields = z.object({
  out_trade_no: z.string(),
  total_amount: z.string(),
  subject: z.string(),
  body: z.string().optional(),
  time_expire: z.string(),
  passback_params: z.string(),
});
type OrderFields = z.infer<typeof orderFields>;

/** 100,000,000 yuan in fen. */
const most = 10_000_000_000;

/** Throws `amount_not_allowed` for what Alipay cannot take. */
export function orderFieldsOf(payment: NewPayment): OrderFields {
  return {
    out_trade_no: payment.orderNo,
    total_amount: yuan(payment),
    subject: plainText(payment.subject, 256),
    ...(payment.body ? { body: plainText(payment.body, 128) } : {}),
    // Absolute: the trade begins when the buyer opens the link or scans the code, and a relative time would begin then.
    time_expire: toBeijingTime(payment.expiresAt),
    // Alipay wants it URL-encoded once more; nothing in an out_trade_no would change.
    passback_params: payment.outTradeNo,
  };
}

/** Alipay forbids `/`, `=` and `&` in its texts; their full-width forms read the same. */
export function plainText(text: string, longest: number): string {
  const fullWidth = text.replace(/[/=&]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
  return shorten(fullWidth, longest);
}

/** Throws `amount_not_allowed` for what Alipay cannot take. */
export function yuan({ amount }: Pick<NewPayment, "amount">): string {
  if (amount.currency !== "CNY") refuse("currency", "Alipay takes CNY only");
  if (amount.minor < 1 || amount.minor > most) refuse("amount", "Alipay takes 0.01 to 100000000 CNY");
  return toDecimal(amount);
}

function refuse(field: string, message: string): never {
  throw new GatewayError("amount_not_allowed", message, { fields: [{ field, message }] });
}
