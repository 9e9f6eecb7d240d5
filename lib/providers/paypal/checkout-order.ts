import * as z from "zod";
import type { NewPayment } from "../../domain/provider.ts";
import { cut } from "../text-limit.ts";
import { toPayPalValue } from "./amounts.ts";
import { texts } from "./limits.ts";

/**
 * The request of `orders.createOrder` as it is stored, in the SDK's names. Parsing restores the order of the fields,
 * which a database may change: PayPal accepts only an identical request under the same request id. Enums are spelled
 * out, because importing them would load the SDK.
 */
export const checkoutOrder = z.object({
  intent: z.literal("CAPTURE"),
  purchaseUnits: z.array(
    z.object({
      referenceId: z.string(),
      amount: z.object({ currencyCode: z.string(), value: z.string() }),
      description: z.string(),
      customId: z.string(),
      invoiceId: z.string(),
    }),
  ),
  paymentSource: z.object({
    paypal: z.object({
      experienceContext: z.object({
        shippingPreference: z.literal("NO_SHIPPING"),
        returnUrl: z.string(),
        cancelUrl: z.string(),
        userAction: z.literal("PAY_NOW"),
      }),
    }),
  }),
});
export type CheckoutOrder = z.infer<typeof checkoutOrder>;

/** Throws `amount_not_allowed` for what PayPal cannot express. */
export function prepareCheckoutOrder(payment: NewPayment): CheckoutOrder {
  const { amount, orderNo, outTradeNo, subject, buyerReturnUrl } = payment;
  return {
    intent: "CAPTURE",
    purchaseUnits: [
      {
        referenceId: orderNo,
        amount: { currencyCode: amount.currency, value: toPayPalValue(amount) },
        description: cut(subject, texts.description),
        customId: outTradeNo,
        // PayPal captures an invoice id only once, whatever else goes wrong.
        invoiceId: orderNo,
      },
    ],
    paymentSource: {
      paypal: {
        experienceContext: {
          shippingPreference: "NO_SHIPPING",
          returnUrl: buyerReturnUrl,
          cancelUrl: buyerReturnUrl,
          userAction: "PAY_NOW",
        },
      },
    },
  };
}
