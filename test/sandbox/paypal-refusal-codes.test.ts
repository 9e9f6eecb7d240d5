import { describe, expect, it } from "vitest";
import { refusals } from "../../lib/providers/paypal/refusals.ts";
import { namedCalls, statusOf } from "../../scripts/sandbox/paypal/refusal-codes.ts";
import { codeDifferences } from "./code-differences.ts";

// Both lists were written independently from paypal/paypal-rest-api-specifications@ec4d8f3,
// openapi/checkout_orders_v2.json and payments_payment_v2.json, and from PayPal's pages.
describe("PayPal simulator: refusal codes", () => {
  it("the PayPal simulator's refusal codes of each call equal those of the adapter's table", () => {
    const { get, ...others } = refusals;
    expect(codeDifferences(namedCalls, { ...others, query: get, refund_query: get })).toEqual([]);
  });

  // Distinct issues of the response in the OpenAPI, and for create's 422 three from other sources.
  it.each([
    ["create", 400, 10],
    ["create", 422, 97 + 3],
    ["capture", 400, 5],
    ["capture", 403, 4],
    ["capture", 422, 68],
  ])("the PayPal simulator's list for %s with status %i has %i issues", (call, status, count) => {
    const issues = namedCalls[call]!.filter((code) => /^(?!HTTP_)[A-Z_]+$/.test(code));
    const names =
      /^(?:INVALID_REQUEST|AUTHENTICATION_FAILURE|NOT_AUTHORIZED|RATE_LIMIT_REACHED|RESOURCE_.*)$/;
    const found = issues.filter((code) => !names.test(code) && statusOf(call, code) === status);
    expect(found).toHaveLength(count);
  });

  it.each([
    ["create", "INVALID_PARAMETER_VALUE", 400],
    ["create", "INVALID_ACCOUNT_STATUS", 401],
    ["create", "INCOMPATIBLE_PARAMETER_VALUE", 422],
    ["query", "INVALID_RESOURCE_ID", 404],
    ["capture", "CONSENT_NEEDED", 403],
    ["capture", "INSTRUMENT_DECLINED", 422],
    ["refund", "PERMISSION_DENIED", 403],
    ["refund", "PREVIOUS_REQUEST_IN_PROGRESS", 409],
    // "Request is not well-formed": https://developer.paypal.com/docs/api/payments/v2/#errors.
    ["refund", "MALFORMED_REQUEST_JSON", 400],
    ["refund", "MULTI_CURRENCY_CODE", 422],
    ["refund_query", "PERMISSION_DENIED", 403],
  ])("the PayPal simulator refuses %s with %s and status %i", (call, issue, status) => {
    expect(statusOf(call, issue)).toBe(status);
  });
});
