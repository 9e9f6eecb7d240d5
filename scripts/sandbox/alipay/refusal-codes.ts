/**
 * The codes with which Alipay may refuse each call. They are taken from Alipay's own lists: a simulator that used the
 * adapter's list could not contradict it.
 */

/**
 * The gateway's `sub_code`s by their `code`, the same for every call. Sources: Alipay's page of public codes
 * (opendocs.alipay.com/common/02km9f, before that open/common/105806; editions of 2015-10 and 2020-02), and v3's list,
 * which has neither prefix nor `code` (alipay/alipay-sdk-php-all@d95249a v3/src/Model/CommonErrorType.php). Codes that
 * only v3 lists have the prefix and the `code` of their neighbours there, which is an assumption. In neither list, but
 * known to the adapter: invalid-openid, invalid-http-method, unsupported-sdk-version.
 */
const ofGateway = {
  "20000": `isp.unknow-error aop.unknow-error isv.unknow-error unknow-error isv.unknown-sub-code
    isv.invalid-response-data isv.access-data-time-out`,
  // The page writes these with aop., and v3 without.
  "20001": `aop.invalid-auth-token aop.auth-token-time-out aop.invalid-app-auth-token aop.invalid-app-auth-token-no-api
    aop.app-auth-token-time-out aop.no-product-reg-by-partner isv.openid-error isv.invalid-openid invalid-openid`,
  "40001": `isv.missing-method isv.missing-platform isv.missing-signature isv.missing-app-access-token
    isv.missing-signature-type isv.missing-default-signature-type isv.missing-signature-key isv.missing-app-cert-sn
    isv.missing-alipay-cert-sn isv.missing-alipay-root-cert-sn isv.missing-encrypt-type isv.missing-encrypt-key
    isv.missing-session isv.missing-app-id isv.missing-timestamp isv.missing-version isv.missing-app-uid
    isv.decryption-error-missing-encrypt-type`,
  "40002": `isv.invalid-parameter isv.upload-fail isv.invalid-file-extension isv.invalid-file-size isv.file-check-fail
    isv.invalid-platform isv.invalid-method isv.forbidden-api isv.invalid-format isv.invalid-signature-type
    isv.invalid-signature-type-said-interface isv.invalid-signature isv.unsupported-expired-app-key-sign
    isv.app-key-security-risk isv.app-cert-expired app-cert-expired isv.app-cert-not-exist isv.alipay-cert-not-exist
    isv.invalid-alipay-root-cert-sn isv.invalid-request-data isv.invalid-encrypt-type isv.invalid-encrypt
    isv.invalid-token isv.invalid-app-id isv.invalid-timestamp isv.illegal-timestamp isv.invalid-version
    isv.unsupported-version isv.invalid-encoding isv.invalid-charset isv.invalid-digest-type isv.invalid-digest
    isv.invalid-app-state isv.not-support-app-auth isv.unsupport-operation isv.invalid-app-method isv.illegal-json
    isv.illegal-card-no isv.invalid-partnerid isv.decryption-error isv.decryption-error-not-valid-encrypt-type
    isv.decryption-error-not-valid-encrypt-key isv.decryption-error-unknown isv.suspected-attack
    isv.method-forbidden-batch-invoke isv.exist-blank-sub-request-id isv.exist-repeated-sub-request-id
    isv.app-invalid-oid isv.invalid-app-api-field-config isv.invalid-content-type isv.invalid-http-method
    isv.unsupported-sdk-version unsupported-sdk-version`,
  // An app that is not online is answered with 40003: aspnet-contrib/AspNet.Security.OAuth.Providers, AlipayTests.cs.
  "40003": `isv.invalid-subscribe-relations isv.missing-signature-config isv.sevice-not-been-subscribed-to
    isv.invalid-auth-relations invalid-auth-relations isv.invalid-product isv.invalid-app-auth-relations
    isv.app-unbind-partner isv.not-online-app not-online-app`,
  "40005": "isv.app-call-limited isv.method-call-limited isv.exceed-api-balance",
  "40006": `isv.insufficient-isv-permissions isv.illegal-client-ip isv.insufficient-user-permissions
    isv.self-invoke-forbidden isv.app-auth-invoke-limit isv.app-api-punished isv.inner-app-no-access
    isv.invalid-inner-invoke-scene`,
} as const;

export type FirstLevel = keyof typeof ofGateway | "40004";

/** Business codes, without the `ACQ.` that all have: v3/src/Model/AlipayTrade…ErrorResponseModel.php@d95249a. */
const ofTrade = {
  precreate: `ACCESS_FORBIDDEN APPLY_PC_MERCHANT_CODE_ERROR BEYOND_PAY_RESTRICTION BEYOND_PER_RECEIPT_DAY_RESTRICTION
    BEYOND_PER_RECEIPT_RESTRICTION BEYOND_PER_RECEIPT_SINGLE_RESTRICTION BUYER_ENABLE_STATUS_FORBID
    BUYER_NOT_EXIST BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR BUYER_SELLER_EQUAL
    CONTEXT_INCONSISTENT DEFAULT_SETTLE_RULE_NOT_EXIST ERROR_BUYER_CERTIFY_LEVEL_LIMIT EXIST_FORBIDDEN_WORD
    INVALID_PARAMETER INVALID_RECEIVE_ACCOUNT INVALID_STORE_ID MERCHANT_PERM_RECEIPT_DAY_LIMIT
    MERCHANT_PERM_RECEIPT_SINGLE_LIMIT MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT MERCHANT_STATUS_NOT_NORMAL
    NOW_TIME_AFTER_EXPIRE_TIME_ERROR PARTNER_ERROR RISK_MERCHANT_IP_NOT_EXIST
    SECONDARY_MERCHANT_ALIPAY_ACCOUNT_INVALID SECONDARY_MERCHANT_ID_BLANK SECONDARY_MERCHANT_ID_INVALID
    SECONDARY_MERCHANT_ISV_PUNISH_INDIRECT SECONDARY_MERCHANT_NOT_MATCH SECONDARY_MERCHANT_STATUS_ERROR
    SELLER_BEEN_BLOCKED SELLER_NOT_EXIST SUB_GOODS_SIZE_MAX_COUNT SYSTEM_ERROR TOTAL_FEE_EXCEED
    TRADE_BUYER_NOT_MATCH TRADE_HAS_CLOSE TRADE_HAS_SUCCESS TRADE_SETTLE_ERROR`,
  // None of the three lists is complete, and a call may get a code of any: further codes of alipay.trade.create.
  createAlone: `BIZ_PRODUCT_NOT_ALLOWED CUSTOMER_VALIDATE_ERROR ERROR_SELLER_CERTIFY_LEVEL_LIMIT ILLEGAL_ARGUMENT
    NOT_SUPPORT_PAYMENT_INST OPEN_ID_NOT_TINY_APP PAYER_UNMATCHED PLATFORM_BUSINESS_ACQUIRE_MODE_MUST_MERCHANT_ID
    PRODUCT_NOT_SUPPORT_IN_TINY_APP SECONDARY_MERCHANT_CARD_ALIAS_NO_INVALID STORE_INFO_INVALID
    SUB_MERCHANT_CREATE_FAIL SUB_MERCHANT_TYPE_INVALID UNBOUND_APPLICATION USER_LOGONID_DUP`,
  // Further codes of alipay.trade.pay.
  payAlone: `AGREEMENT_ERROR AGREEMENT_INVALID AGREEMENT_NOT_EXIST AGREEMENT_STATUS_NOT_NORMAL AMOUNT_OR_CURRENCY_ERROR
    AUTH_AMOUNT_NOT_ENOUGH AUTH_NO_ERROR AUTH_ORDER_HAS_CLOSED AUTH_ORDER_HAS_FINISHED AUTH_ORDER_NOT_PAID
    AUTH_TOKEN_IS_NOT_EXIST BUYER_BALANCE_NOT_ENOUGH BUYER_BANKCARD_BALANCE_NOT_ENOUGH BUYER_NOT_MAINLAND_CERT
    BUYER_UNSUPPORT_ADVANCE CARD_TYPE_ERROR CARD_USER_NOT_MATCH CERT_EXPIRED CURRENCY_NOT_SUPPORT
    CYCLE_PAY_DATE_NOT_MATCH CYCLE_PAY_SINGLE_FEE_EXCEED CYCLE_PAY_TOTAL_FEE_EXCEED CYCLE_PAY_TOTAL_TIMES_EXCEED
    ERROR_BALANCE_PAYMENT_DISABLE MERCHANT_AGREEMENT_INVALID MERCHANT_AGREEMENT_NOT_EXIST
    MERCHANT_UNSUPPORT_ADVANCE MOBILE_PAYMENT_SWITCH_OFF NOT_CERTIFIED_USER NO_PAYMENT_INSTRUMENTS_AVAILABLE
    ORDER_UNSUPPORT_ADVANCE OVER_DEDUCT_PERIOD OVER_MAX_DEDUCT_COUNT OVER_MAX_UNDER_WAY_DEDUCT_COUNT
    OVER_MERCHANT_DAILY_DEDUCT_AMOUNT PAYMENT_AUTH_CODE_INVALID PAYMENT_FAIL PAYMENT_REQUEST_HAS_RISK
    PRE_AUTH_PROD_CODE_INCONSISTENT PRODUCT_AMOUNT_LIMIT_ERROR PULL_MOBILE_CASHIER_FAIL REQUEST_AMOUNT_EXCEED
    RESTRICTED_MERCHANT_INDUSTRY ROYALTY_ACCOUNT_NOT_EXIST SMILE_PAY_MERCHANT_NOT_MATCH TRADE_STATUS_ERROR
    UN_SUPPORT_TRADE_SCENE USER_FACE_PAYMENT_SWITCH_OFF ZM_AUTH_AMOUNT_EXCEED ZM_AUTH_RULE_LIMIT
    ZM_CREDIT_AUTH_FAIL`,
  query: "ENTERPRISE_PAY_BIZ_ERROR INVALID_PARAMETER SYSTEM_ERROR TRADE_NOT_EXIST",
  close: `INVALID_PARAMETER REASON_ILLEGAL_STATUS REASON_TRADE_STATUS_INVALID SYSTEM_ERROR TRADE_NOT_EXIST
    TRADE_STATUS_ERROR`,
  refund: `ALLOC_AMOUNT_VALIDATE_ERROR BUYER_ENABLE_STATUS_FORBID BUYER_ERROR BUYER_NOT_EXIST CURRENCY_NOT_SUPPORT
    CUSTOMER_VALIDATE_ERROR DISCORDANT_REPEAT_REQUEST ENTERPRISE_PAY_BIZ_ERROR INVALID_PARAMETER
    NOT_ALLOW_PARTIAL_REFUND ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND OVERDRAFT_AGREEMENT_NOT_MATCH
    OVERDRAFT_ASSIGN_ACCOUNT_INVALID REASON_TRADE_BEEN_FREEZEN REASON_TRADE_REFUND_FEE_ERR
    REASON_TRADE_STATUS_INVALID REFUNDALLOC_UNAUTH_LIMIT REFUND_ACCOUNT_NOT_EXIST REFUND_AMT_NOT_EQUAL_TOTAL
    REFUND_CHARGE_ERROR REFUND_FEE_ERROR REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST SELLER_BALANCE_NOT_ENOUGH
    SYSTEM_ERROR TRADE_HAS_CLOSE TRADE_HAS_FINISHED TRADE_NOT_ALLOW_REFUND TRADE_NOT_EXIST TRADE_SETTLE_ERROR
    TRADE_STATUS_ERROR USER_NOT_MATCH_ERR`,
  fastpayRefundQuery: "ENTERPRISE_PAY_BIZ_ERROR INVALID_PARAMETER SYSTEM_ERROR TRADE_NOT_EXIST",
} as const;

/** A business code that the gateway answers itself, with 20000 (opendocs.alipay.com/open/00f7nv). */
const relayed = "aop.ACQ.SYSTEM_ERROR";

const firstLevels = new Map<string, FirstLevel>([
  ...(Object.keys(ofGateway) as (keyof typeof ofGateway)[]).flatMap((code) =>
    splitCodes(ofGateway[code]).map((subCode): [string, FirstLevel] => [subCode, code]),
  ),
  [relayed, "20000"],
]);

/** A refusal without a `sub_code` is named by its `code`. */
const bare: FirstLevel[] = ["20000", "20001", "40001", "40002", "40003", "40004", "40005", "40006"];

const anyCall = [...bare, ...firstLevels.keys()];
const acq = (...lists: string[]) => lists.flatMap(splitCodes).map((code) => `ACQ.${code}`);

/** All refusal codes of each call. */
export const refusalCodes = {
  create: [...anyCall, ...acq(ofTrade.precreate, ofTrade.createAlone, ofTrade.payAlone)],
  query: [...anyCall, ...acq(ofTrade.query)],
  close: [...anyCall, ...acq(ofTrade.close)],
  refund: [...anyCall, ...acq(ofTrade.refund)],
  // One code of this list stands in it with and without ACQ.
  refund_query: [...anyCall, ...acq(ofTrade.fastpayRefundQuery), "TRADE_NOT_EXIST"],
} satisfies Record<string, string[]>;

/** The `code` of a `sub_code`; a business code has 40004. */
export function firstLevelOf(subCode: string): FirstLevel {
  return firstLevels.get(subCode) ?? "40004";
}

function splitCodes(text: string): string[] {
  return text.split(/\s+/);
}
