import { type Ends, type Fault, type RefusalTable, rulesFor } from "../../domain/refusal.ts";

// Every issue that PayPal's OpenAPI (commit ec4d8f3 of 2024-02) lists for our calls, and the error names that come
// without an issue. `fault` and `ends` are our reading of PayPal's descriptions.
const openApi = "paypal/paypal-rest-api-specifications@ec4d8f3 openapi";
const orders = `${openApi}/checkout_orders_v2.json`;
const payments = `${openApi}/payments_payment_v2.json`;
const paymentsPage = "https://developer.paypal.com/docs/api/payments/v2/#errors (2026-09-11)";
const responses = "https://developer.paypal.com/api/rest/responses/";
const authentication = "https://developer.paypal.com/api/rest/authentication/";

function rules(source: string, fault: Fault, ends: Ends, codes: string, note?: string): RefusalTable {
  return rulesFor({ fault, ends, source, ...(note !== undefined && { note }) }, codes);
}

/** Authentication and rate limits, for every call: PayPal has not processed the request itself. */
const anyCall: RefusalTable = {
  ...rules(`${orders} 401`, "merchant", "nothing", "INVALID_ACCOUNT_STATUS"),
  ...rules(responses, "merchant", "nothing", "AUTHENTICATION_FAILURE NOT_AUTHORIZED"),
  ...rules(authentication, "merchant", "nothing", "invalid_client invalid_token unauthorized_client"),
  ...rules(responses, "provider", "nothing", "RATE_LIMIT_REACHED RESOURCE_CONFLICT"),
  // Our own names for a status without a readable error, as a proxy in front of PayPal's API answers.
  ...rules("https://www.rfc-editor.org/rfc/rfc9110#section-15.5", "provider", "nothing", "HTTP_401 HTTP_403"),
  ...rules("https://www.rfc-editor.org/rfc/rfc6585#section-4", "provider", "nothing", "HTTP_429"),
  // PayPal is still processing the first call with this PayPal-Request-Id.
  ...rules(`${payments} 409`, "provider", "nothing", "PREVIOUS_REQUEST_IN_PROGRESS"),
};

const create: RefusalTable = {
  ...anyCall,
  ...rules(responses, "merchant", "nothing", "PERMISSION_DENIED"),
  ...rules(responses, "request", "subject", "INVALID_REQUEST"),
  ...rules(
    `${orders} POST /v2/checkout/orders 400`,
    "request",
    "subject",
    `INVALID_ARRAY_MAX_ITEMS INVALID_ARRAY_MIN_ITEMS INVALID_COUNTRY_CODE INVALID_PARAMETER_SYNTAX INVALID_STRING_LENGTH
    INVALID_PARAMETER_VALUE MISSING_REQUIRED_PARAMETER NOT_SUPPORTED PAYPAL_REQUEST_ID_REQUIRED MALFORMED_REQUEST_JSON`,
  ),
  // The merchant's account, its limits or settings, or a feature that PayPal must enable.
  ...rules(
    `${orders} POST /v2/checkout/orders 422`,
    "merchant",
    "nothing",
    `PAYEE_ACCOUNT_INVALID PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYEE_ACCOUNT_RESTRICTED PAYEE_PRICING_TIER_ID_NOT_ENABLED
    PLATFORM_FEES_NOT_SUPPORTED INVALID_PLATFORM_FEES_ACCOUNT SHIPPING_TYPE_NOT_SUPPORTED_FOR_CLIENT
    NOT_ENABLED_FOR_CARD_PROCESSING PAYEE_BLOCKED_TRANSACTION TRANSACTION_BLOCKED_BY_PAYEE
    TRANSACTION_LIMIT_EXCEEDED TRANSACTION_RECEIVING_LIMIT_EXCEEDED AUTH_CAPTURE_NOT_ENABLED
    NOT_ENABLED_FOR_APPLE_PAY NOT_ENABLED_FOR_GOOGLE_PAY NOT_ELIGIBLE_FOR_PNREF_PROCESSING
    NOT_ELIGIBLE_FOR_PAYPAL_TRANSACTION_ID_PROCESSING NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE`,
  ),
  // Only if the payer is known at creation, by a stored card or a billing agreement.
  ...rules(
    `${orders} POST /v2/checkout/orders 422`,
    "buyer",
    "subject",
    `CARD_EXPIRED COMPLIANCE_VIOLATION DOMESTIC_TRANSACTION_REQUIRED INSTRUMENT_DECLINED
    MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED PAYER_ACCOUNT_LOCKED_OR_CLOSED PAYER_ACCOUNT_RESTRICTED PAYER_CANNOT_PAY
    TRANSACTION_REFUSED PAYMENT_SOURCE_INFO_CANNOT_BE_VERIFIED PAYMENT_SOURCE_DECLINED_BY_PROCESSOR
    PAYMENT_SOURCE_CANNOT_BE_USED ALIAS_DECLINED_BY_PROCESSOR`,
  ),
  ...rules(
    `${orders} POST /v2/checkout/orders 422`,
    "request",
    "subject",
    `AMOUNT_MISMATCH CANNOT_BE_NEGATIVE CANNOT_BE_ZERO_OR_NEGATIVE MISSING_PREVIOUS_REFERENCE MISSING_CRYPTOGRAM
    CITY_REQUIRED DECIMAL_PRECISION DONATION_ITEMS_NOT_SUPPORTED DUPLICATE_REFERENCE_ID INVALID_CURRENCY_CODE
    INVALID_PAYER_ID ITEM_TOTAL_MISMATCH ITEM_TOTAL_REQUIRED MAX_VALUE_EXCEEDED MISSING_PICKUP_ADDRESS
    MULTI_CURRENCY_ORDER MULTIPLE_ITEM_CATEGORIES MULTIPLE_SHIPPING_ADDRESS_NOT_SUPPORTED
    MULTIPLE_SHIPPING_TYPE_NOT_SUPPORTED INVALID_PAYEE_PRICING_TIER_ID PAYEE_FX_RATE_ID_EXPIRED
    PAYEE_FX_RATE_ID_CURRENCY_MISMATCH INVALID_FX_RATE_ID INVALID_PLATFORM_FEES_AMOUNT POSTAL_CODE_REQUIRED
    REFERENCE_ID_REQUIRED SHIPPING_OPTIONS_NOT_SUPPORTED TAX_TOTAL_MISMATCH TAX_TOTAL_REQUIRED UNSUPPORTED_INTENT
    UNSUPPORTED_PAYMENT_INSTRUCTION UNSUPPORTED_SHIPPING_TYPE SHIPPING_OPTION_NOT_SELECTED
    MULTIPLE_SHIPPING_OPTION_SELECTED PREFERRED_SHIPPING_OPTION_AMOUNT_MISMATCH AGREEMENT_ALREADY_CANCELLED
    BILLING_AGREEMENT_NOT_FOUND DUPLICATE_INVOICE_ID UNSUPPORTED_PROCESSING_INSTRUCTION
    ORDER_COMPLETE_ON_PAYMENT_APPROVAL INVALID_EXPIRY_DATE INCOMPATIBLE_PARAMETER_VALUE
    INVALID_PREVIOUS_TRANSACTION_REFERENCE PREVIOUS_TRANSACTION_REFERENCE_HAS_CHARGEBACK
    PREVIOUS_TRANSACTION_REFERENCE_VOIDED PAYMENT_SOURCE_MISMATCH MERCHANT_INITIATED_WITH_SECURITY_CODE
    MERCHANT_INITIATED_WITH_AUTHENTICATION_RESULTS MERCHANT_INITIATED_WITH_MULTIPLE_PURCHASE_UNITS
    APPLE_PAY_AMOUNT_MISMATCH BILLING_ADDRESS_INVALID SHIPPING_ADDRESS_INVALID VAULT_INSTRUCTION_DUPLICATED
    VAULT_INSTRUCTION_REQUIRED MISMATCHED_VAULT_ID_TO_PAYMENT_SOURCE CRYPTOGRAM_REQUIRED EMV_DATA_REQUIRED
    PAYPAL_TRANSACTION_ID_NOT_FOUND PNREF_NOT_FOUND INVALID_SECURITY_CODE_LENGTH
    REQUIRED_PARAMETER_FOR_CUSTOMER_INITIATED_PAYMENT TOKEN_EXPIRED INVALID_GOOGLE_PAY_TOKEN
    GOOGLE_PAY_GATEWAY_MERCHANT_ID_MISMATCH ONE_OF_PARAMETERS_REQUIRED BLIK_ONE_CLICK_MISSING_REQUIRED_PARAMETER`,
  ),
  // Documented for other calls, but seen at create.
  ...rules("woocommerce/woocommerce-paypal-payments#1311", "request", "subject", "CURRENCY_NOT_SUPPORTED"),
  ...rules("woocommerce/woocommerce-paypal-payments#202", "request", "subject", "DECIMALS_NOT_SUPPORTED"),
  ...rules(`${orders} confirm 422`, "request", "subject", "CURRENCY_NOT_SUPPORTED_FOR_COUNTRY"),
};

const freed = "this try is over; the next capture uses another key";
const freedAndNotified = "this try is over, and an alarm is raised: we never send such a field";

/** A refused capture has moved no money, and PayPal captures an order at most once. */
const capture: RefusalTable = {
  ...anyCall,
  ...rules(responses, "request", "try", "INVALID_REQUEST"),
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 400`,
    "request",
    "try",
    `INVALID_PARAMETER_VALUE MISSING_REQUIRED_PARAMETER INVALID_STRING_LENGTH INVALID_PARAMETER_SYNTAX
    MALFORMED_REQUEST_JSON`,
    freedAndNotified,
  ),
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 403`,
    "merchant",
    "try",
    `CONSENT_NEEDED NOT_ELIGIBLE_FOR_TOKEN_PROCESSING PERMISSION_DENIED PERMISSION_DENIED_FOR_DONATION_ITEMS`,
    freed,
  ),
  // PayPal deletes an unpaid order, which is then `missing`.
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 404`,
    "provider",
    "nothing",
    "INVALID_RESOURCE_ID",
  ),
  ...rules(responses, "provider", "nothing", "RESOURCE_NOT_FOUND"),
  // The buyer can return to PayPal by the same link and choose another way to pay.
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 422`,
    "buyer",
    "try",
    `INSTRUMENT_DECLINED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING PAYER_ACTION_REQUIRED ORDER_NOT_APPROVED PAYER_CANNOT_PAY
    TRANSACTION_REFUSED TRANSACTION_LIMIT_EXCEEDED CARD_BRAND_NOT_SUPPORTED REFERENCED_CARD_EXPIRED`,
  ),
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 422`,
    "buyer",
    "subject",
    `PAYER_ACCOUNT_LOCKED_OR_CLOSED PAYER_ACCOUNT_RESTRICTED MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED
    COMPLIANCE_VIOLATION DOMESTIC_TRANSACTION_REQUIRED PLATFORM_FEE_PAYEE_CANNOT_BE_SAME_AS_PAYER`,
  ),
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 422`,
    "merchant",
    "try",
    `PAYEE_BLOCKED_TRANSACTION TRANSACTION_BLOCKED_BY_PAYEE TRANSACTION_RECEIVING_LIMIT_EXCEEDED AUTH_CAPTURE_NOT_ENABLED
    NOT_ENABLED_FOR_BANK_PROCESSING NOT_ENABLED_FOR_CARD_PROCESSING PAYEE_NOT_ENABLED_FOR_BANK_PROCESSING
    PAYEE_NOT_ENABLED_FOR_CARD_PROCESSING SETUP_ERROR_FOR_BANK NOT_ELIGIBLE_FOR_PNREF_PROCESSING
    NOT_ELIGIBLE_FOR_PAYPAL_TRANSACTION_ID_PROCESSING`,
    freed,
  ),
  // This very order may have been captured: PayPal is asked.
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 422`,
    "provider",
    "nothing",
    "ORDER_ALREADY_CAPTURED ORDER_COMPLETION_IN_PROGRESS DUPLICATE_INVOICE_ID",
  ),
  // About fields that we never send: a person must find out why PayPal refuses.
  ...rules(
    `${orders} POST /v2/checkout/orders/{id}/capture 422`,
    "request",
    "try",
    `AGREEMENT_ALREADY_CANCELLED BILLING_AGREEMENT_NOT_FOUND DECLINED_DUE_TO_RELATED_TXN MISSING_PREVIOUS_REFERENCE
    MISSING_CRYPTOGRAM PAYEE_FX_RATE_ID_EXPIRED PAYPAL_TRANSACTION_ID_EXPIRED PNREF_EXPIRED TOKEN_ID_NOT_FOUND
    INVALID_PICKUP_ADDRESS SHIPPING_ADDRESS_INVALID PAYMENT_SOURCE_NOT_SUPPORTED BILLING_AGREEMENT_ID_MISMATCH
    PREFERRED_PAYMENT_SOURCE_MISMATCH INCOMPATIBLE_PARAMETER_VALUE INVALID_PREVIOUS_TRANSACTION_REFERENCE
    PREVIOUS_TRANSACTION_REFERENCE_HAS_CHARGEBACK PREVIOUS_TRANSACTION_REFERENCE_VOIDED PAYMENT_SOURCE_MISMATCH
    MERCHANT_INITIATED_WITH_SECURITY_CODE MERCHANT_INITIATED_WITH_AUTHENTICATION_RESULTS
    MERCHANT_INITIATED_WITH_MULTIPLE_PURCHASE_UNITS RETURN_URL_REQUIRED CANCEL_URL_REQUIRED
    BANK_NOT_SUPPORTED_FOR_VERIFICATION APPLE_PAY_AMOUNT_MISMATCH CURRENCY_NOT_SUPPORTED_FOR_BANK
    ONLY_ONE_BANK_SOURCE_ALLOWED INVALID_IBAN IBAN_COUNTRY_NOT_SUPPORTED CARD_NUMBER_REQUIRED CARD_EXPIRY_REQUIRED
    VAULT_INSTRUCTION_REQUIRED MISMATCHED_VAULT_ID_TO_PAYMENT_SOURCE PAYPAL_TRANSACTION_ID_NOT_FOUND PNREF_NOT_FOUND
    INVALID_SECURITY_CODE_LENGTH REQUIRED_PARAMETER_FOR_CUSTOMER_INITIATED_PAYMENT IDENTIFIER_NOT_FOUND`,
    freedAndNotified,
  ),
};

/** "Already refunded", "too much" and "duplicate" may mean this very refund: it is searched for before it ends. */
const refund: RefusalTable = {
  ...anyCall,
  ...rules(responses, "request", "subject", "INVALID_REQUEST"),
  ...rules(
    `${payments} POST /v2/payments/captures/{capture_id}/refund 400`,
    "request",
    "subject",
    "MISSING_REQUIRED_PARAMETER INVALID_PARAMETER_SYNTAX INVALID_STRING_LENGTH",
  ),
  ...rules(`${payments} 403`, "merchant", "nothing", "PERMISSION_DENIED"),
  ...rules(`${payments} 404`, "provider", "nothing", "INVALID_RESOURCE_ID"),
  ...rules(responses, "provider", "nothing", "RESOURCE_NOT_FOUND"),
  ...rules(
    `${payments} POST /v2/payments/captures/{capture_id}/refund 422`,
    "request",
    "subject",
    `CANNOT_BE_ZERO_OR_NEGATIVE DECIMAL_PRECISION DECIMALS_NOT_SUPPORTED INVALID_CURRENCY_CODE CURRENCY_MISMATCH
    CANNOT_BE_NEGATIVE REFUND_CAPTURE_CURRENCY_MISMATCH REFUND_AMOUNT_TOO_LOW PLATFORM_FEE_EXCEEDED
    CAPTURE_FULLY_REFUNDED REFUND_AMOUNT_EXCEEDED DUPLICATE_INVOICE_ID REFUND_NOT_ALLOWED REFUND_TIME_LIMIT_EXCEEDED
    PARTIAL_REFUND_NOT_ALLOWED MAX_NUMBER_OF_REFUNDS_EXCEEDED`,
  ),
  ...rules(
    `${payments} POST /v2/payments/captures/{capture_id}/refund 422`,
    "buyer",
    "subject",
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK PAYER_ACCOUNT_LOCKED_OR_CLOSED",
  ),
  // Temporary: funds, the state of the capture, an open dispute, the account.
  ...rules(
    `${payments} POST /v2/payments/captures/{capture_id}/refund 422`,
    "merchant",
    "nothing",
    `REFUND_FAILED_INSUFFICIENT_FUNDS PENDING_CAPTURE TRANSACTION_DISPUTED PAYEE_ACCOUNT_LOCKED_OR_CLOSED
    PAYEE_ACCOUNT_RESTRICTED REFUND_IS_RESTRICTED PLATFORM_FEE_NOT_ENABLED`,
  ),
  // PayPal's current page lists more than its OpenAPI. Its "payer" is the party that pays the refund, its "payee" the
  // one that receives it.
  ...rules(
    paymentsPage,
    "request",
    "subject",
    `CANNOT_REFUND_SELF CAPTURED_AMOUNT_FULLY_REFUNDED DUPLICATE_REFUND DUPLICATE_TRANSACTION INVALID_ARRAY_LENGTH
    INVALID_PARAMETER_VALUE INVALID_STRING_MAX_LENGTH MALFORMED_REQUEST_JSON MULTI_CURRENCY_CODE
    REFUND_CURRENCY_MISMATCH REFUND_TIME_EXCEEDED_FOR_PAYMENT_SOURCE`,
  ),
  ...rules(
    paymentsPage,
    "buyer",
    "subject",
    `CARD_BRAND_NOT_SUPPORTED PAYER_ACCOUNT_RESTRICTED REFUND_FAILED_BY_PAYMENT_SOURCE
    REFUND_NOT_SUPPORTED_FOR_PAYMENT_SOURCE`,
  ),
  ...rules(
    paymentsPage,
    "merchant",
    "nothing",
    `INVALID_PAYEE_ACCOUNT KYC_HOLD MAX_PAYEE_AMOUNT_LIMIT_EXCEEDED MAX_PAYER_AMOUNT_LIMIT_EXCEEDED
    MAX_REFUND_LIMIT_EXCEEDED PAYEE_ACCOUNT_INVALID PAYEE_NOT_CONSENTED PAYEE_REFUND_AMOUNT_LIMIT_EXCEEDED
    PAYER_REFUND_AMOUNT_LIMIT_EXCEEDED PERMISSION_NOT_GRANTED REFUND_FUNDS_NOT_AVAILABLE REFUND_REFUSED_BY_PROCESSOR
    REFUND_TRANSACTION_REFUSED`,
  ),
};

/** `GET` of an order or a refund. */
const get: RefusalTable = {
  ...anyCall,
  ...rules(`${payments} 403`, "merchant", "nothing", "PERMISSION_DENIED"),
  ...rules(`${orders} GET /v2/checkout/orders/{id} 404`, "provider", "nothing", "INVALID_RESOURCE_ID"),
  ...rules(responses, "provider", "nothing", "RESOURCE_NOT_FOUND"),
};

export const refusals = { create, capture, refund, get } satisfies Record<string, RefusalTable>;
