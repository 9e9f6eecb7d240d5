import * as z from "zod";
import { isStorable } from "../../clock.ts";
import { fromBeijingTime } from "./beijing-time.ts";

const decimal = z.string().regex(/^\d{1,11}(\.\d{1,2})?$/);
/** UTC+8, without a zone. */
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  // mutation: alipay-storable-time
  .refine((text) => isStorable(fromBeijingTime(text)));
const word = z.string().max(128);

/** The fields of every answer; others are present only if `code` is 10000. https://opendocs.alipay.com/common/02km9f */
export const answer = z.looseObject({
  code: word,
  msg: z.string().catch(""),
  sub_code: word.optional(),
  sub_msg: z.string().optional().catch(undefined),
});

/** Answer of `alipay.trade.precreate`. */
export const precreated = z.object({ out_trade_no: word, qr_code: z.string().min(1).max(1024) });

/** Answer of `alipay.trade.refund`. */
export const refundAnswer = z.object({
  out_trade_no: word,
  /** `Y` when this very request moved money. */
  fund_change: word.optional(),
});

/** Answer of `alipay.trade.fastpay.refund.query`; it names no refund when there is none. */
export const refundQuery = z.object({
  out_trade_no: word.optional(),
  out_request_no: word.optional(),
  refund_status: word.optional(),
  /** The amount of this refund alone. */
  refund_amount: decimal.optional(),
});

/** Answer of `alipay.trade.query`. https://opendocs.alipay.com/open/028woa */
export const tradeQuery = z.object({
  out_trade_no: word,
  trade_no: z.string().min(1).max(64),
  trade_status: word,
  total_amount: decimal,
  /** When the buyer paid. */
  send_pay_date: time.optional(),
});

/**
 * A trade's notice. Refunds repeat the trade's notice with their own fields added.
 * https://opendocs.alipay.com/open/270/105902
 */
export const tradeNotice = z.object({
  notify_id: z.string().min(1).max(128),
  notify_type: z.literal("trade_status_sync"),
  app_id: word,
  seller_id: word.optional(),
  out_trade_no: z.string().min(1).max(64),
  trade_no: z.string().min(1).max(64),
  trade_status: word,
  total_amount: decimal,
  gmt_payment: time.optional().or(z.literal("")),
  /** Our refund number; absent for refunds made in the console. */
  out_biz_no: word.optional(),
  refund_fee: decimal.optional().or(z.literal("")),
  gmt_refund: z.string().optional(),
});
export type TradeNotice = z.infer<typeof tradeNotice>;

/** The fields that identify any signed notice. */
export const anyNotice = z.object({
  notify_id: z.string().min(1).max(128),
  notify_type: word,
});

/**
 * Forms that no key and no signature can have: `40002`, `isv.invalid-app-id`. https://opendocs.alipay.com/common/02km9f
 */
const code = z
  .string()
  // mutation: alipay-code-form
  .regex(/^\d{5}$/);
const subCode = z
  .string()
  .max(64)
  // mutation: alipay-sub-code-form
  .regex(/^[a-z]{3}(?:\.[\w-]+){1,2}$/i);

/** The code of an answer whose signature is wrong or missing: only to be shown to people. */
export const unverifiedCode = z
  .object({ code, sub_code: subCode.optional() })
  .transform((said) => said.sub_code ?? said.code);
