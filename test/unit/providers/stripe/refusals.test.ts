import { describe, expect, it } from "vitest";
import type { RefusalTable } from "../../../../lib/domain/refusal.ts";
import { refusals } from "../../../../lib/providers/stripe/refusals.ts";
import { named } from "../../../../scripts/sandbox/stripe/refusals.ts";
import { errorCodes } from "../../../sandbox/stripe-types.ts";

/** Codes of Stripe's list that none of our calls can cause, by what they are about. */
const elsewhere = {
  "a card, bank account or other means of payment, which only the buyer gives to Stripe's own page":
    /^(account_(closed|number_invalid)|acss_|authentication_|bank_account_|billing_invalid_mandate|card|debit_not|expired_|incorrect_|india_|insufficient_|invalid_(card|cvc|expiry|mandate|number|source)|payment_method_(bank|billing|currency|customer|invalid|microdeposit|provider|unexpected)|processing_error|refer_to_customer|routing_number|sepa_|three_d_secure|token_)/,
  "payment intents that we would confirm or capture ourselves":
    /^(capture_|charge_(already_captured|exceeds|expired)|intent_verification|payment_intent_(action|authentication|incompatible|konbini|mandate|payment_attempt|rate_limit))/,
  "other products: tax, billing, Connect, Terminal, Treasury, forwarding, set-up, disputes, payouts":
    /^(account_(country|error|information|token)|application_fees|balance_invalid|clearing_code|country_code|coupon_|customer_|dispute_|failed_tax|financial_|forwarding_|instant_payouts|invalid_(canceled|tax)|invoice_|ownership_|payment_evaluation|payout(s_limit|_recon)|postal_code|product_|return_intent|service_period|setup_|shipping_|siret_|sku_|smart_|state_|status_transition|storer_|subscription_|tax(es)?_|terminal_|transfer)/,
  "APIs that no longer exist": /^(alipay_upgrade|bitcoin_upgrade|missing$|out_of_inventory|resource_already)/,
  "another request under the same key, so that the outcome is unknown (HTTP 409)": /^idempotency_key_in_use$/,
  "a money movement that Stripe holds and may still make: the outcome is unknown":
    /^(anomalous_money_movement_request|approval_required)$/,
};

const tables = Object.entries(refusals as Record<string, RefusalTable>);
const listed = new Set(tables.flatMap(([, table]) => Object.keys(table)));

// The list: stripe 23.1.0, esm/resources/PaymentIntents.d.ts, `LastPaymentError.Code`; the page: docs.stripe.com/error-codes.
describe("Stripe refusals", () => {
  const codes = errorCodes();

  it("Stripe's official list of error codes is read from its SDK", () => {
    expect(codes.length).toBeGreaterThan(200);
    expect(codes).toContain("balance_insufficient");
  });

  it.each(codes)("%s of Stripe's list is in a refusal table, or none of our calls can cause it", (code) => {
    const about = Object.values(elsewhere).filter((pattern) => pattern.test(code));
    if (listed.has(code)) return;
    expect(about).toHaveLength(1);
  });

  it("every code of the tables that Stripe does not list is a substitute for a missing code", () => {
    const own = [...listed].filter((code) => !codes.includes(code));
    expect(own.toSorted()).toEqual([
      "http_401",
      "http_403",
      "http_429",
      "insufficient_balance_for_refund",
      "invalid_request_error_400",
      "invalid_request_error_404",
    ]);
  });

  // As https://docs.stripe.com/error-codes explains the codes.
  it.each([
    ["create", "amount_too_small", "request", "subject"],
    ["create", "amount_too_large", "request", "subject"],
    ["create", "parameter_unknown", "request", "subject"],
    ["create", "url_invalid", "request", "subject"],
    ["create", "api_key_expired", "merchant", "nothing"],
    ["create", "account_invalid", "merchant", "nothing"],
    ["create", "testmode_charges_only", "merchant", "nothing"],
    ["create", "platform_api_key_expired", "merchant", "nothing"],
    ["create", "payouts_not_allowed", "merchant", "nothing"],
    ["create", "country_unsupported", "merchant", "nothing"],
    ["create", "payment_method_unactivated", "merchant", "nothing"],
    ["create", "rate_limit", "merchant", "nothing"],
    ["create", "lock_timeout", "provider", "nothing"],
    ["refund", "balance_insufficient", "merchant", "nothing"],
    ["refund", "insufficient_balance_for_refund", "merchant", "nothing"],
    ["refund", "resource_missing", "merchant", "nothing"],
    ["refund", "charge_already_refunded", "request", "subject"],
    ["refund", "charge_not_refundable", "request", "subject"],
    ["refund", "charge_disputed", "buyer", "subject"],
    ["refund", "refund_disputed_payment", "buyer", "subject"],
    ["refund", "lock_timeout", "provider", "nothing"],
  ] as const)(
    "a Stripe %s refused with %s is the fault of the %s, and ends: %s",
    (call, code, fault, ends) => {
      const table: RefusalTable = refusals[call];
      expect(table[code]).toMatchObject({ fault, ends });
    },
  );

  it.each(tables)("every rule of Stripe's refusal table %s has a source with a date", (_call, table) => {
    for (const [code, { source }] of Object.entries(table)) {
      expect(source, code).toMatch(/\d{4}-\d{2}-\d{2}/);
    }
  });

  it.each([
    ["create", ["create"]],
    ["refund", ["refund"]],
    ["retrieve", ["query", "refund_query"]],
    ["expire", ["close"]],
  ] as const)("the simulated Stripe can refuse %s with every code of its table", (call, simulated) => {
    for (const name of simulated) {
      const able = new Set(named.calls[name]);
      expect(Object.keys(refusals[call]).filter((code) => !able.has(code))).toEqual([]);
    }
  });

  it("a refused retrieval or expiry at Stripe never ends an order", () => {
    for (const call of ["retrieve", "expire"] as const) {
      expect(Object.values(refusals[call]).every(({ ends }) => ends === "nothing")).toBe(true);
    }
  });
});
