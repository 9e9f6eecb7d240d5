import * as z from "zod";
import type { NewPayment, Started } from "../../payment/provider.ts";
import { refusalByFinality } from "../../payment/refusal.ts";
import type { AlipayClient } from "./client.ts";
import { orderFields, orderFieldsOf } from "./order-fields.ts";
import { outcomeOf } from "./outcome.ts";
import * as wire from "./wire.ts";

/**
 * The request of `alipay.trade.precreate` as it is stored. Alipay takes a repeat with the same number and content for
 * the same order. https://opendocs.alipay.com/open/8ad49e4a_alipay.trade.precreate
 */
const precreate = z.object({ notify_url: z.string(), biz_content: orderFields });

/** Throws `amount_not_allowed` for what Alipay cannot take. */
export function preparePrecreate(payment: NewPayment): z.infer<typeof precreate> {
  return { notify_url: payment.notifyUrl, biz_content: orderFieldsOf(payment) };
}

/** Alipay says so again whenever the same request comes. */
const final = new Set([
  "isv.invalid-parameter",
  "ACQ.INVALID_PARAMETER",
  "ACQ.EXIST_FORBIDDEN_WORD",
  "ACQ.TOTAL_FEE_EXCEED",
  "ACQ.BEYOND_PER_RECEIPT_RESTRICTION",
  "ACQ.NOT_SUPPORT_PAYMENT_INST",
  "ACQ.BUYER_SELLER_EQUAL",
  "ACQ.BUYER_ENABLE_STATUS_FORBID",
]);

/** There is a trade under our number already: a look tells which. */
const existing = new Set(["ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_HAS_CLOSE", "ACQ.CONTEXT_INCONSISTENT"]);

/** Asks Alipay for the code that the buyer scans. */
export async function startPrecreate(
  client: AlipayClient,
  orderNo: string,
  prepared: Record<string, unknown>,
): Promise<Started> {
  const { notify_url: notifyUrl, biz_content: bizContent } = precreate.parse(prepared);
  const outcome = outcomeOf(await client.call("alipay.trade.precreate", bizContent, notifyUrl));
  if (outcome.kind === "unknown") return outcome;
  if (outcome.kind === "refused") {
    const { error } = outcome;
    if (existing.has(error.code)) return { kind: "unknown", why: `Alipay: ${error.code}` };
    // What is not listed is about our keys, contract or limits, or is new: the same request may still succeed.
    return { kind: "refused", ...refusalByFinality(final.has(error.code), error) };
  }
  const made = wire.precreated.safeParse(outcome.content);
  if (!made.success || made.data.out_trade_no !== orderNo) {
    return { kind: "unknown", why: "Alipay's answer is no code of this order" };
  }
  const { qr_code: qrCode } = made.data;
  return { kind: "payable", payable: { paymentId: orderNo, paymentUrl: "", qrCode, extraData: {} } };
}
