import type { Call } from "../kernel/call.ts";
import type { NamedCalls } from "../kernel/faults.ts";
import { StripeError } from "./stripe-error.ts";

// Codes of https://docs.stripe.com/error-codes, by topic. A name that ends with a status stands for an error without a
// code, as Stripe sends it with that status.
const access =
  "account_invalid api_key_expired livemode_mismatch no_account platform_account_required platform_api_key_expired " +
  "secret_key_required testmode_charges_only tls_version_unsupported request_blocked rate_limit lock_timeout " +
  "http_401 http_403 http_429 idempotency_error idempotency_key_in_use";
const account =
  "action_blocked capability_not_active country_unsupported not_allowed_on_standard_account payouts_not_allowed";
const parameters =
  "email_invalid invalid_characters parameter_invalid_empty parameter_invalid_integer parameter_invalid_string_blank " +
  "parameter_invalid_string_empty parameter_missing parameter_unknown parameters_exclusive url_invalid";
const missing = "resource_missing invalid_request_error_400 invalid_request_error_404";

/** The codes with which a fault can refuse each call. */
const calls: NamedCalls = {
  create: words(
    access,
    account,
    parameters,
    missing,
    "amount_too_large amount_too_small invalid_charge_amount payment_intent_invalid_parameter card_declined " +
      "payment_method_configuration_failures payment_method_not_available payment_method_restricted " +
      "payment_method_unactivated payment_method_unsupported_type progressive_onboarding_limit_exceeded " +
      "stripe_tax_inactive",
  ),
  query: words(access, missing),
  close: words(access, missing),
  refund: words(
    access,
    account,
    parameters,
    missing,
    "amount_too_large amount_too_small approval_required anomalous_money_movement_request balance_insufficient " +
      "charge_already_refunded charge_disputed charge_invalid_parameter charge_not_refundable " +
      "insufficient_balance_for_refund insufficient_funds intent_invalid_state invalid_charge_amount " +
      "payment_intent_invalid_parameter payment_intent_unexpected_state refund_disputed_payment",
  ),
  refund_query: words(access, missing),
};

const names: [method: string, path: RegExp, name: string][] = [
  ["POST", /^\/v1\/checkout\/sessions$/, "create"],
  ["GET", /^\/v1\/checkout\/sessions\/[^/]+$/, "query"],
  ["POST", /^\/v1\/checkout\/sessions\/[^/]+\/expire$/, "close"],
  ["POST", /^\/v1\/refunds$/, "refund"],
  ["GET", /^\/v1\/refunds(\/[^/]+)?$/, "refund_query"],
];

/** The calls that a fault can name. */
export const named = {
  calls,
  nameOf: ({ method, path }: Call) =>
    names.find(([existing, pattern]) => existing === method && pattern.test(path))?.[2],
};

const statuses: [status: number, codes: string[]][] = [
  [401, words("api_key_expired platform_api_key_expired secret_key_required http_401")],
  [402, words("card_declined")],
  [403, words("account_invalid http_403")],
  [404, words("resource_missing invalid_request_error_404")],
  [409, words("idempotency_key_in_use")],
  [429, words("rate_limit lock_timeout http_429")],
];

/** Refused before the endpoint executes, so that nothing is stored for the idempotency key. */
const early = new Set(words(access, parameters));

/** The refusal with this code, in Stripe's own form. */
export function refusalWith(code: string): StripeError {
  const status = statuses.find(([, codes]) => codes.includes(code))?.[0] ?? 400;
  const executed = !early.has(code);
  if (code === "insufficient_balance_for_refund") {
    // As seen from Stripe: Automattic/woocommerce-payments#10025.
    const message = "Insufficient funds in your Stripe balance to refund this amount.";
    return new StripeError(message, { messageCode: code, executed });
  }
  const message = `Simulated refusal: ${code}.`;
  if (code === "idempotency_error") return new StripeError(message, { type: "idempotency_error" });
  if (/_\d{3}$/.test(code)) return new StripeError(message, { status, executed });
  const type = code.startsWith("idempotency_")
    ? "idempotency_error"
    : status === 402
      ? "card_error"
      : "invalid_request_error";
  return new StripeError(message, { status, type, code, executed });
}

function words(...lists: string[]): string[] {
  return lists.flatMap((list) => list.split(" "));
}
