import type { TextLimit } from "../text-limit.ts";

// Stripe states its limits in characters; its OpenAPI description states them as `maxLength`, which by JSON Schema
// counts Unicode code points (https://json-schema.org/draft/2020-12/json-schema-validation#section-6.3.1).
const read = "public copies of the page, 2026-11-30";

/** `line_items[].price_data.product_data.name`: the subject, truncated if longer. */
export const productName: TextLimit = {
  most: 250,
  unit: "characters",
  source: `docs.stripe.com/changelog, API version 2018-10-31 (quoted in Dolibarr/dolibarr#9933), ${read}`,
};

/** A value of `metadata`: our numbers, and the reason of a refund, truncated if longer. */
export const metadataValue: TextLimit = {
  most: 500,
  unit: "characters",
  source: `docs.stripe.com/api/metadata, stripe/stripe-php#246, ${read}`,
};

/** A name in `metadata`, of which there may be 50. */
export const metadataName: TextLimit = { most: 40, unit: "characters", source: metadataValue.source };

/** Our order number, 32 letters and digits. */
export const clientReferenceId: TextLimit = {
  most: 200,
  unit: "characters",
  source: `docs.stripe.com/api/checkout/sessions/create client_reference_id, maxLength of stripe/openapi, ${read}`,
};

/** `success_url`, `cancel_url`: ours, without the merchant's own return URL in them. */
export const url: TextLimit = {
  most: 5000,
  unit: "characters",
  source: `docs.stripe.com/api/checkout/sessions/create success_url, maxLength of stripe/openapi, ${read}`,
};

/** The header `Idempotency-Key`. */
export const idempotencyKey: TextLimit = {
  most: 255,
  unit: "characters",
  source: `docs.stripe.com/api/idempotent_requests, ${read}`,
};

/**
 * The largest amounts that are not eight digits, in Stripe's smallest units. For JPY, HUF, COP and LBP the page names
 * an amount for most card brands and a smaller one for others: we use the larger, and Stripe enforces the smaller. The
 * minimum applies to the settlement currency, after conversion, which only Stripe knows (`amount_too_small`).
 * https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, a public copy of unknown date
 */
const mostUnits: Readonly<Record<string, number>> = {
  COP: 9_999_999_999,
  HUF: 9_999_999_999,
  IDR: 999_999_999_999,
  INR: 999_999_999,
  JPY: 9_999_999_999,
  LBP: 999_999_999_999,
};

const eightDigits = 99_999_999;

/** The largest amount that Stripe may take in the currency, in Stripe's smallest unit of it. */
export function largestAmount(currency: string): number {
  return Object.hasOwn(mostUnits, currency)
    ? /* mutation: stripe-currency-maximum */ (mostUnits[currency] ?? eightDigits)
    : eightDigits;
}
