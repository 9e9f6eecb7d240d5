import * as z from "zod";
import type { NewPayment } from "../../domain/provider.ts";
import { toBeijingTime } from "./beijing-time.ts";
import { textFor, yuan } from "./limits.ts";

/** The fields of an order that are the same in every scene, as they are stored. */
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
    // Absolute: a relative time would start only when the trade begins, as the buyer opens the link or scans the code.
    time_expire: toBeijingTime(payment.expiresAt),
    // Alipay requires this value URL-encoded once more, which would change nothing in an out_trade_no.
    passback_params: payment.outTradeNo,
  };
}
