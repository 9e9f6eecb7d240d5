import * as z from "zod";
import type { NewPayment } from "../../domain/provider.ts";
import { cut } from "../text-limit.ts";
import { toPayPalValue } from "./amounts.ts";
import { texts } from "./limits.ts";

/**
 * The body of `POST /v2/checkout/orders` as it is stored. Parsing restores the order of the fields, which a database may
 * change: PayPal accepts only an identical request under the same request id.
 * https://developer.paypal.com/docs/api/orders/v2/#orders_create
 */
export const checkoutOrder = z.object({
  intent: z.literal("CAPTURE"),
  purchase_units: z.array(
    z.object({
      reference_id: z.string(),
      amount: z.object({ currency_code: z.string(), value: z.string() }),
      description: z.string(),
      custom_id: z.string(),
      invoice_id: z.string(),
    }),
  ),
  payment_source: z.object({
    paypal: z.object({
      experience_context: z.object({
        shipping_preference: z.literal("NO_SHIPPING"),
        return_url: z.string(),
        cancel_url: z.string(),
        user_action: z.literal("PAY_NOW"),
      }),
    }),
  }),
});
type CheckoutOrder = z.infer<typeof checkoutOrder>;

/** Throws `amount_not_allowed` for what PayPal cannot express. */
export function prepareCheckoutOrder(payment: NewPayment): CheckoutOrder {
  const { amount, orderNo, outTradeNo, subject, buyerReturnUrl } = payment;
  return {
    intent: "CAPTURE",
    purchase_units: [
      {
        reference_id: orderNo,
        amount: { currency_code: amount.currency, value: toPayPalValue(amount) },
        description: cut(subject, texts.description),
        custom_id: outTradeNo,
        // PayPal captures an invoice id only once, whatever else goes wrong.
        invoice_id: orderNo,
      },
    ],
    payment_source: {
      paypal: {
        experience_context: {
          shipping_preference: "NO_SHIPPING",
          return_url: buyerReturnUrl,
          cancel_url: buyerReturnUrl,
          user_action: "PAY_NOW",
        },
      },
    },
  };
}

export const ordersPath = "/v2/checkout/orders";
export const orderPath = (id: string) => `${ordersPath}/${encodeURIComponent(id)}`;
