import * as z from "zod";
import { isStorable } from "../../clock.ts";

// PayPal adds fields and values at any time: only the fields that we read are described, and no list of values is
// closed. https://developer.paypal.com/docs/api/orders/v2/ https://developer.paypal.com/docs/api/payments/v2/

const id = z.string().regex(/^[\w-]{1,64}$/);
const word = z.string().min(1).max(64);
/** `custom_id`, `invoice_id`. */
const reference = z.string().max(256).optional();
/** An unreadable time counts as absent: no decision about money depends on it. */
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  // mutation: paypal-storable-time
  .refine(isStorable)
  .optional()
  .catch(undefined);
const amount = z.object({ currency_code: z.string().max(8), value: z.string().max(32) });
const links = z.array(z.object({ href: z.string().max(4000), rel: z.string().max(64) })).optional();

const capture = z.object({
  id,
  status: word,
  status_details: z.object({ reason: word.optional() }).optional(),
  amount,
  create_time: time,
});
export type Capture = z.infer<typeof capture>;

export const refund = z.object({
  id,
  status: word,
  status_details: z.object({ reason: word.optional() }).optional(),
  amount: amount.optional(),
  custom_id: reference,
  links,
});
export type PayPalRefund = z.infer<typeof refund>;

const purchaseUnit = z.object({
  invoice_id: reference,
  payee: z.object({ merchant_id: z.string().min(1).max(64).optional() }).optional(),
  payments: z
    .object({ captures: z.array(capture).optional(), refunds: z.array(refund).optional() })
    .optional(),
});
export type PurchaseUnit = z.infer<typeof purchaseUnit>;

export const order = z.object({
  id,
  status: word,
  purchase_units: z.array(purchaseUnit).optional(),
  links,
});
export type Order = z.infer<typeof order>;

export const event = z.object({
  id: z.string().min(1).max(255),
  event_type: z.string().min(1).max(128),
  resource: z.unknown(),
});
export type PayPalEvent = z.infer<typeof event>;

/** The fields of order, capture and refund events that may name our order or the capture. */
export const resourceIds = z.object({
  invoice_id: reference,
  purchase_units: z.array(z.object({ invoice_id: reference })).optional(),
  links: links.catch(undefined),
});

export const dispute = z.object({
  dispute_id: word,
  reason: word.optional(),
  status: word.optional(),
  disputed_transactions: z.array(z.object({ seller_transaction_id: id.optional() })).optional(),
});

/** Errors of the API; the token and identity routes use OAuth's format instead. */
export const refusal = z.union([
  z.object({
    name: word,
    message: z.string().optional(),
    details: z
      .array(z.object({ issue: word.optional(), description: z.string().optional() }))
      .optional()
      .catch(undefined),
  }),
  z.object({ error: word, error_description: z.string().optional() }),
]);

export const token = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  expires_in: z.int().positive(),
});

export const userInfo = z.object({ payer_id: z.string().min(1).max(64) });

export const webhook = z.object({
  id: z.string().min(1).max(50),
  url: z.string(),
  event_types: z.array(z.object({ name: z.string() })).optional(),
});
export const webhooks = z.object({ webhooks: z.array(webhook) });
/** `GET /v1/notifications/webhooks-event-types`. */
export const eventTypes = z.object({ event_types: z.array(z.object({ name: z.string() })) });
