import * as z from "zod";
import type { Payment, Prepared } from "../../domain/payment.ts";
import type { CreateOutcome, NewPayment } from "../../domain/provider.ts";
import { refusalOfCreate } from "../../domain/refusal.ts";
import type { AlipayClient } from "./client.ts";
import { addressFor } from "./limits.ts";
import { orderFields, orderFieldsOf } from "./order-fields.ts";
import { outcomeOf } from "./outcome.ts";
import { refusals } from "./refusals.ts";
import * as wire from "./wire.ts";

/**
 * The request of `alipay.trade.precreate` as it is stored. Alipay treats a repeat with the same number and content as
 * the same order, or refuses it (`APPLY_PC_MERCHANT_CODE_ERROR`, order codes).
 * https://opendocs.alipay.com/open/8ad49e4a_alipay.trade.precreate
 */
const precreate = z.object({ notify_url: z.string(), biz_content: orderFields });

/** Throws `amount_not_allowed` or `invalid_parameter` for what Alipay cannot take. */
export function preparePrecreate(payment: NewPayment): z.infer<typeof precreate> {
  return { notify_url: addressFor("notify_url", payment.notifyUrl), biz_content: orderFieldsOf(payment) };
}

/** Asks Alipay for the code that the buyer scans. */
export async function createQr(
  client: AlipayClient,
  { orderNo }: Payment,
  prepared: Prepared,
): Promise<CreateOutcome> {
  const { notify_url: notifyUrl, biz_content: bizContent } = precreate.parse(prepared);
  const outcome = outcomeOf(await client.call("alipay.trade.precreate", bizContent, notifyUrl));
  if (outcome.kind === "unknown") return outcome;
  if (outcome.kind === "refused") {
    const refusal = refusalOfCreate(refusals.create, outcome.error);
    // mutation: alipay-create-unknown
    if (refusal.fault === "provider") return { kind: "unknown", why: `Alipay: ${refusal.error.code}` };
    return { kind: "refused", ...refusal };
  }
  const made = wire.precreated.safeParse(outcome.content);
  if (!made.success || made.data.out_trade_no !== orderNo) {
    return { kind: "unknown", why: "Alipay's answer is no code of this order" };
  }
  const { qr_code: qrCode } = made.data;
  return { kind: "payable", payable: { paymentId: orderNo, paymentUrl: "", qrCode, extraData: {} } };
}
