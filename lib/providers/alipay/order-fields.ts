import * as z from "zod";
import type { NewPayment } from "../../payment/provider.ts";
import { toBeijingTime } from "./beijing-time.ts";
import { textFor, yuan } from "./limits.ts";

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

/** Throws `amount_not_allowed` for what Alipay cannot take. */
export function orderFieldsOf(payment: NewPayment): OrderFields {
  return {
    out_trade_no: payment.orderNo,
    total_amount: yuan(payment.amount),
    subject: textFor("subject", payment.subject),
    ...(payment.body ? { body: textFor("body", payment.body) } : {}),
    // Absolute: the trade begins when the buyer opens the link or scans the code, and a relative time would begin then.
    time_expire: toBeijingTime(payment.expiresAt),
    // Alipay wants it URL-encoded once more; nothing in an out_trade_no would change.
    passback_params: payment.outTradeNo,
  };
}
