import * as z from "zod";
import type { Payment, Prepared } from "../../domain/payment.ts";
import type { CreateOutcome, NewPayment } from "../../domain/provider.ts";
import { toBeijingTime } from "./beijing-time.ts";
import type { AlipayClient } from "./client.ts";
import { addressFor } from "./limits.ts";
import { orderFields, orderFieldsOf } from "./order-fields.ts";
import type { Page } from "./scenes.ts";

/**
 * The request of a payment page as it is stored. Parsing restores the order of the fields, which a database may change,
 * so that a repeat signs the same text. https://opendocs.alipay.com/open/028r8t
 */
const pagePay = z.object({
  timestamp: z.string(),
  notify_url: z.string(),
  return_url: z.string(),
  biz_content: z.object({ ...orderFields.shape, product_code: z.string() }),
});

/** Throws `amount_not_allowed` or `invalid_parameter` for what Alipay's page cannot take. */
export function preparePagePay(payment: NewPayment, { productCode }: Page): z.infer<typeof pagePay> {
  return {
    timestamp: toBeijingTime(payment.createdAt),
    notify_url: addressFor("notify_url", payment.notifyUrl),
    return_url: addressFor("return_url", payment.buyerReturnUrl),
    biz_content: { ...orderFieldsOf(payment), product_code: productCode },
  };
}

export function createPage(
  client: AlipayClient,
  { orderNo }: Payment,
  prepared: Prepared,
  { method }: Page,
): CreateOutcome {
  const paymentUrl = client.pageUrl(method, pagePay.parse(prepared));
  return { kind: "payable", payable: { paymentId: orderNo, paymentUrl, qrCode: "", extraData: {} } };
}
