import {
  CheckoutPaymentIntent,
  type OrderRequest,
  PaypalExperienceUserAction,
  PaypalWalletContextShippingPreference,
} from "@paypal/paypal-server-sdk";
import * as z from "zod";
import type { NewPayment } from "../../payment/provider.ts";
import { shorten } from "../shorten.ts";
import { toPayPalValue } from "./amounts.ts";

/**
 * The request of `orders.createOrder` as it is stored, in the SDK's names. Parsing restores the order of the fields,
 * which a database may change: under one request id PayPal takes only the same request.
 */
export const checkoutOrder = z.object({
  intent: z.literal(CheckoutPaymentIntent.Capture),
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
        shippingPreference: z.literal(PaypalWalletContextShippingPreference.NoShipping),
        returnUrl: z.string(),
        cancelUrl: z.string(),
        userAction: z.literal(PaypalExperienceUserAction.PayNow),
      }),
    }),
  }),
}) satisfies z.ZodType<OrderRequest>;
export type CheckoutOrder = z.infer<typeof checkoutOrder>;

/** Throws `amount_not_allowed` for what PayPal cannot express. */
export function prepareCheckoutOrder(payment: NewPayment): CheckoutOrder {
  const { amount, orderNo, outTradeNo, subject, buyerReturnUrl } = payment;
  return {
    intent: CheckoutPaymentIntent.Capture,
    purchaseUnits: [
      {
        referenceId: outTradeNo,
        amount: { currencyCode: amount.currency, value: toPayPalValue(amount) },
        description: shorten(subject, 127),
        customId: outTradeNo,
        // PayPal captures an invoice once only, whatever else goes wrong.
        invoiceId: orderNo,
      },
    ],
    paymentSource: {
      paypal: {
        experienceContext: {
          shippingPreference: PaypalWalletContextShippingPreference.NoShipping,
          returnUrl: buyerReturnUrl,
          cancelUrl: buyerReturnUrl,
          userAction: PaypalExperienceUserAction.PayNow,
        },
      },
    },
  };
}
