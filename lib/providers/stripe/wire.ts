import * as z from "zod";
import { isStorable } from "../../clock.ts";

// Stripe adds fields and values at any time, and an endpoint may use another version than ours: only the fields that we
// read are described, and no list of values is closed. https://docs.stripe.com/api

const id = z.string().min(1).max(255);
const word = z.string().max(64);
/** Unix time. */
const seconds = z
  .int()
  .nonnegative()
  // mutation: stripe-storable-time
  .refine((count) => isStorable(new Date(count * 1000)));
const units = z.int().nonnegative();
const metadata = z.record(z.string(), z.string()).nullish();
/** An id, or the object itself when it was expanded. */
const named = z.union([id, z.looseObject({ id }).transform((object) => object.id)]);

const charge = z.object({ id, created: seconds, amount_refunded: units, currency: word });

const paymentIntent = z.object({
  id,
  status: word,
  latest_charge: z.union([id, charge]).nullish(),
});

export const checkoutSession = z.object({
  id: z.string().startsWith("cs_").max(255),
  url: z.string().max(5000).nullish(),
  status: word.nullish(),
  payment_status: word,
  client_reference_id: z.string().max(200).nullish(),
  metadata,
  amount_total: units.nullish(),
  currency: word.nullish(),
  payment_intent: z.union([id, paymentIntent]).nullish(),
});
export type CheckoutSession = z.infer<typeof checkoutSession>;

export const refund = z.object({
  id,
  amount: units,
  currency: word,
  status: word.nullish(),
  failure_reason: word.nullish(),
  payment_intent: named.nullish(),
  metadata,
});
export type StripeRefund = z.infer<typeof refund>;

export const refundList = z.object({ data: z.array(refund), has_more: z.boolean() });

export const dispute = z.object({
  payment_intent: named.nullish(),
  reason: word.nullish(),
  status: word.nullish(),
});

export const event = z.object({
  id: z.string().startsWith("evt_").max(255),
  object: z.literal("event"),
  type: z.string().min(1).max(128),
  created: seconds,
  livemode: z.boolean(),
  /** Present on events of a connected account. */
  account: id.nullish(),
  data: z.object({ object: z.unknown() }),
});
export type StripeEvent = z.infer<typeof event>;

const said = z.string().optional().catch(undefined);
const failure = z.object({ type: said, code: said, message_code: said, message: z.string().catch("") });
export type StripeError = z.infer<typeof failure>;

/** Body of a refusal. OAuth's errors, which an API gateway may answer with, are a text. */
export const refusal = z.object({
  error: failure.or(z.string().transform((type): StripeError => ({ type, message: "" }))),
});

export const account = z.object({
  id: z.string().startsWith("acct_").max(255),
  charges_enabled: z.boolean().nullish(),
});

const webhookEndpoint = z.object({
  id,
  url: z.string(),
  status: word,
  enabled_events: z.array(z.string()),
});
export type WebhookEndpoint = z.infer<typeof webhookEndpoint>;

export const webhookEndpointList = z.object({ data: z.array(webhookEndpoint), has_more: z.boolean() });

/** Stripe shows an endpoint's secret only in the answer to its creation. */
export const createdWebhookEndpoint = z.object({ id, secret: z.string().startsWith("whsec_") });
