import { type RefusalTable, rulesFor } from "../../domain/refusal.ts";

// Which codes exist: https://docs.stripe.com/error-codes, the same list as `LastPaymentError.Code` in stripe 23.1.0
// (esm/resources/PaymentIntents.d.ts). None of our calls takes a card: decline codes
// (https://docs.stripe.com/declines/codes) come with `card_error` of calls that we never make.
const list = "docs.stripe.com/error-codes, stripe 23.1.0 LastPaymentError.Code (2026-11-30)";
/** What a status means when the error carries no code. */
const statuses = "docs.stripe.com/api/errors, HTTP status code summary (a public copy, 2026-11-30)";
const noCode = "Automattic/woocommerce-payments#10025 (2024-12-20): message_code without code";

/** The merchant's key, account or limit: the same request may succeed once somebody has looked at it. */
const merchant = { fault: "merchant", ends: "nothing", source: list } as const;
/** The request is wrong: every repeat would be refused. */
const request = { fault: "request", ends: "subject", source: list } as const;

/** Checked before any endpoint runs: account, key and rate. */
const access = {
  ...rulesFor(
    merchant,
    "account_invalid api_key_expired livemode_mismatch no_account platform_account_required " +
      "platform_api_key_expired secret_key_required testmode_charges_only tls_version_unsupported " +
      "request_blocked rate_limit",
  ),
  ...rulesFor({ ...merchant, source: statuses }, "http_401 http_403 http_429"),
  // Another request has locked the object; nothing was executed.
  ...rulesFor({ fault: "provider", ends: "nothing", source: list }, "lock_timeout"),
} satisfies RefusalTable;

const parameters = {
  ...rulesFor(
    request,
    "email_invalid invalid_characters parameter_invalid_empty parameter_invalid_integer " +
      "parameter_invalid_string_blank parameter_invalid_string_empty parameter_missing parameter_unknown " +
      "parameters_exclusive url_invalid",
  ),
  ...rulesFor({ ...request, source: statuses }, "invalid_request_error_400"),
} satisfies RefusalTable;

/** What the account may not do (yet). */
const account = rulesFor(
  merchant,
  "action_blocked capability_not_active country_unsupported not_allowed_on_standard_account payouts_not_allowed",
);

/**
 * The codes with which Stripe may refuse each of our calls: `checkout.sessions.create`, `refunds.create`, the retrieval
 * of sessions and refunds, `checkout.sessions.expire`.
 */
export const refusals = {
  create: {
    ...access,
    ...account,
    ...parameters,
    ...rulesFor(
      request,
      "amount_too_large amount_too_small invalid_charge_amount payment_intent_invalid_parameter",
    ),
    ...rulesFor(
      merchant,
      "payment_method_configuration_failures payment_method_not_available payment_method_restricted " +
        "payment_method_unactivated payment_method_unsupported_type progressive_onboarding_limit_exceeded " +
        "resource_missing stripe_tax_inactive",
    ),
    // An unknown URL of the API: the account cannot use this version or host.
    ...rulesFor({ ...merchant, source: statuses }, "invalid_request_error_404"),
  },
  refund: {
    ...access,
    ...account,
    ...parameters,
    ...rulesFor(
      request,
      "amount_too_large amount_too_small charge_already_refunded charge_invalid_parameter charge_not_refundable " +
        "intent_invalid_state invalid_charge_amount payment_intent_invalid_parameter " +
        "payment_intent_unexpected_state",
    ),
    // The buyer has disputed the payment at the bank.
    ...rulesFor({ fault: "buyer", ends: "subject", source: list }, "charge_disputed refund_disputed_payment"),
    // `resource_missing`: a payment that the key's account does not have.
    ...rulesFor(merchant, "balance_insufficient insufficient_funds resource_missing"),
    ...rulesFor({ ...merchant, source: noCode }, "insufficient_balance_for_refund"),
    ...rulesFor({ ...merchant, source: statuses }, "invalid_request_error_404"),
  },
  retrieve: questions("unrecognised: an alarm; polled again later"),
  // 400: the session is not open but paid, in progress or expired
  // (https://docs.stripe.com/api/checkout/sessions/expire).
  expire: questions("the session is fetched; if that is refused too, an alarm"),
} satisfies Record<string, RefusalTable>;

/** A refused retrieval of a session or refund, or a refused expiry, ends nothing. */
function questions(note: string): RefusalTable {
  return {
    ...access,
    ...rulesFor({ fault: "request", ends: "nothing", source: list, note }, "resource_missing"),
    ...rulesFor(
      {
        fault: "request",
        ends: "nothing",
        source: statuses,
        note,
      },
      "invalid_request_error_400 invalid_request_error_404",
    ),
  };
}
