import type { Stripe } from "stripe";
import * as z from "zod";
import { secondsAfter } from "../../clock.ts";
import type { NewPayment } from "../../domain/provider.ts";
import { cut } from "../text-limit.ts";
import { toStripeAmount } from "./amounts.ts";
import { productName } from "./limits.ts";

const marks = z.object({ order_no: z.string(), out_trade_no: z.string() });

/**
 * The parameters of `POST /v1/checkout/sessions` as they are stored. Parsing restores the order of the fields, which a
 * database may change: Stripe accepts only identical parameters under the same idempotency key.
 */
export const checkout = z.object({
  mode: z.literal("payment"),
  line_items: z.array(
    z.object({
      quantity: z.literal(1),
      price_data: z.object({
        currency: z.string(),
        unit_amount: z.int(),
        product_data: z.object({ name: z.string() }),
      }),
    }),
  ),
  client_reference_id: z.string(),
  metadata: marks,
  payment_intent_data: z.object({ metadata: marks }),
  success_url: z.string(),
  cancel_url: z.string(),
  expires_at: z.int(),
  /** Stripe's default is on: the buyer's amount and currency would differ from the order's. */
  adaptive_pricing: z.object({ enabled: z.literal(false) }),
}) satisfies z.ZodType<Stripe.Checkout.SessionCreateParams>;
export type Checkout = z.infer<typeof checkout>;

/** Throws `amount_not_allowed` for what Stripe cannot express. */
export function prepareCheckout(payment: NewPayment): Checkout {
  // Stripe does not copy a session's metadata to its payment intent, by which later refunds are identified.
  const metadata = { order_no: payment.orderNo, out_trade_no: payment.outTradeNo };
  return {
    mode: "payment",
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: payment.amount.currency.toLowerCase(),
          unit_amount: toStripeAmount(payment.amount),
          product_data: { name: cut(payment.subject, /* mutation: stripe-subject-unit */ productName) },
        },
      },
    ],
    client_reference_id: payment.orderNo,
    metadata,
    payment_intent_data: { metadata },
    success_url: payment.buyerReturnUrl,
    cancel_url: payment.buyerReturnUrl,
    expires_at: sessionEnd(payment),
    adaptive_pricing: { enabled: false },
  };
}

/**
 * Unix time in seconds. Stripe accepts 30 min to 24 h from now by its own clock; one extra minute covers the delay of
 * the request. An order with a shorter life is closed by us when it expires.
 */
function sessionEnd({ createdAt, expiresAt }: NewPayment): number {
  const earliest = secondsAfter(createdAt, 31 * 60).getTime();
  const latest = secondsAfter(createdAt, 24 * 3600).getTime();
  return Math.floor(Math.min(Math.max(expiresAt.getTime(), earliest), latest) / 1000);
}
