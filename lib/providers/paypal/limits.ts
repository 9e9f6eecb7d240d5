import type { TextLimit } from "../text-limit.ts";

// `maxLength` of an OpenAPI schema counts characters, that is Unicode code points:
// https://datatracker.ietf.org/doc/html/draft-bhutton-json-schema-validation-00#section-6.3.1
const orders = "paypal/paypal-rest-api-specifications@ec4d8f3 openapi/checkout_orders_v2.json (2024-02)";
const payments = "paypal/paypal-rest-api-specifications@ec4d8f3 openapi/payments_payment_v2.json (2024-02)";
// mutation: paypal-text-unit
const unit = "characters";

/** The maximum length of every text that we send to PayPal. */
export const texts = {
  description: { most: 127, unit, source: `${orders} purchase_unit_request.description` },
  /** Newer pages of PayPal say 255; 127 satisfies both. */
  customId: { most: 127, unit, source: `${orders} purchase_unit_request.custom_id` },
  invoiceId: { most: 127, unit, source: `${orders} purchase_unit_request.invoice_id` },
  referenceId: { most: 256, unit, source: `${orders} purchase_unit_request.reference_id` },
  /** The schema of a URL has no length; the older `application_context` takes 10 to 4000. */
  url: { most: 4000, unit, source: "https://developer.paypal.com/docs/api/orders/v2/ return_url (2026-11)" },
  refundCustomId: { most: 127, unit, source: `${payments} refund_request.custom_id` },
  noteToPayer: { most: 255, unit, source: `${payments} refund_request.note_to_payer` },
  requestId: { most: 108, unit, source: `${orders} parameters.paypal_request_id` },
  value: { most: 32, unit, source: `${orders} money.value` },
} satisfies Record<string, TextLimit>;

/** PayPal's rule for one currency. `mostMinor`: the largest amount, in units of the last decimal. */
type CurrencyRule = { decimals: 0 | 2; leastMinor: number; mostMinor: number; onlyWithin?: string };

/**
 * The maximum is 999999999999999.99 in every currency (MAX_VALUE_EXCEEDED in the orders' OpenAPI), which with two
 * decimals exceeds what a JavaScript number holds exactly. PayPal itself enforces the limits of a single account or
 * buyer.
 */
const whole: CurrencyRule = { decimals: 0, leastMinor: 1, mostMinor: 999_999_999_999_999 };
const cents: CurrencyRule = { decimals: 2, leastMinor: 1, mostMinor: Number.MAX_SAFE_INTEGER };

/**
 * The currencies of https://developer.paypal.com/api/rest/reference/currency-codes/, read on 2026-09-11. A decimal
 * point is an error in HUF, JPY and TWD, though ISO 4217 counts HUF and TWD in hundredths. `onlyWithin`: the page's
 * "in-country PayPal accounts only", which PayPal itself enforces.
 */
export const currencies: Readonly<Record<string, CurrencyRule>> = {
  AUD: cents,
  BRL: { ...cents, onlyWithin: "Brazil" },
  CAD: cents,
  CNY: { ...cents, onlyWithin: "China" },
  CZK: cents,
  DKK: cents,
  EUR: cents,
  HKD: cents,
  HUF: whole,
  ILS: cents,
  JPY: whole,
  MYR: { ...cents, onlyWithin: "Malaysia" },
  MXN: cents,
  TWD: whole,
  NZD: cents,
  NOK: cents,
  PHP: cents,
  PLN: cents,
  GBP: cents,
  SGD: cents,
  SEK: cents,
  CHF: cents,
  THB: cents,
  USD: cents,
};

/**
 * How long a PayPal order waits for the buyer's approval, and after that for the capture.
 * paypal/paypal-rest-api-specifications@ec4d8f3 checkout_orders_v2.json, POST /v2/checkout/orders/{id}/capture.
 */
export const approvalSeconds = 3 * 3600;
export const captureSeconds = 3 * 3600;
