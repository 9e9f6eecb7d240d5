import type { RefusalRule, RefusalTable } from "../../payment/refusal.ts";

/** `undecided`: the code does not say whether something was made, now or before: only asking tells. */
export type WechatRule = RefusalRule & { undecided?: true };

/** The list of all payment calls. Its older edition, by chapters, writes some codes without the underscore. */
const list = "pay.weixin.qq.com/doc/v3/merchant/4012556398 (2024-09-19), …/apiv3/apis/chapter3_4_3.shtml";
const native = "pay.weixin.qq.com/doc/v3/merchant/4012791877";
const refundSdk = "wechatpay-go@6dbd7ce services/refunddomestic/api_refunds.go";
/** Codes by HTTP status, for every call of API v3. */
const statuses = "pay.weixin.qq.com/wiki/doc/apiv3_partner/wechatpay/wechatpay2_1.shtml";
const statusesAbroad = "pay.weixin.qq.com/doc/global/v3/en/4012357121 (2024-09-18)";
const closeAbroad = "pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter3_5_7.shtml (2025-01-07)";
const restricted = "ordinary partners' refund page, seen in public code as a list of its codes";

const request = (source: string): WechatRule => ({ fault: "request", ends: "subject", source });
const buyer = (source: string): WechatRule => ({ fault: "buyer", ends: "subject", source });
const merchant = (source: string): WechatRule => ({ fault: "merchant", ends: "nothing", source });
/** Not accepted now: nothing was made, and the same request is right later. */
const later = (source: string): WechatRule => ({ fault: "provider", ends: "nothing", source });
const nobodyKnows = (source: string): WechatRule => ({ ...later(source), undecided: true });
/** Something exists under our number. */
const exists = (source: string): WechatRule => ({
  fault: "request",
  ends: "nothing",
  source,
  undecided: true,
});

/** One meaning, two spellings: the newer pages', then the older ones'. */
const olderSpellings: Record<string, string> = {
  NO_AUTH: "NOAUTH",
  RULE_LIMIT: "RULELIMIT",
  SYSTEM_ERROR: "SYSTEMERROR",
  BANK_ERROR: "BANKERROR",
  ACCOUNT_ERROR: "ACCOUNTERROR",
  NOT_ENOUGH: "NOTENOUGH",
  USER_PAYING: "USERPAYING",
  ORDER_NOT_EXIST: "ORDERNOTEXIST",
  ORDER_PAID: "ORDERPAID",
};

/** The code as the newer pages spell it. */
export function spelled(code: string): string {
  return Object.entries(olderSpellings).find(([, older]) => older === code)?.[0] ?? code;
}

function withOlderSpellings(table: Record<string, WechatRule>): Record<string, WechatRule> {
  const older = Object.entries(table).flatMap(([code, rule]) => {
    const name = olderSpellings[code];
    return name === undefined ? [] : [[name, rule] as const];
  });
  return { ...table, ...Object.fromEntries(older) };
}

/** For every call. */
const common = {
  SIGN_ERROR: merchant(list),
  NO_AUTH: merchant(list),
  MCH_NOT_EXISTS: merchant(list),
  APPID_MCHID_NOT_MATCH: merchant(list),
  RULE_LIMIT: merchant(list),
  FREQUENCY_LIMITED: later(list),
  RATELIMIT_EXCEEDED: later(statuses),
  RATE_LIMITED: later(statusesAbroad),
  SYSTEM_ERROR: nobodyKnows(list),
  BANK_ERROR: nobodyKnows(list),
  SERVICE_UNAVAILABLE: nobodyKnows(statuses),
};

/** Of orders, whatever is asked: one list stands under all of their calls. */
const ofOrders = {
  ...common,
  PARAM_ERROR: request(list),
  INVALID_REQUEST: request(list),
  // Comes with HTTP 500, after which nobody knows.
  INVALID_TRANSACTIONID: nobodyKnows(list),
  OPENID_MISMATCH: nobodyKnows(list),
  // "Failed for business reasons, see the words": no word says whether an order is there.
  TRADE_ERROR: exists(list),
  USER_PAYING: exists(list),
  // The account and the balance that the list means are the buyer's.
  ACCOUNT_ERROR: buyer(list),
  NOT_ENOUGH: buyer(list),
};

/**
 * The codes with which WeChat Pay refuses each call. In `query`, `close` and `refundQuery` a rule that ends the subject
 * says what the order or refund is.
 */
export const refusals = {
  create: withOlderSpellings({
    ...ofOrders,
    ORDER_CLOSED: request(native),
    OUT_TRADE_NO_USED: exists(native),
    ORDER_PAID: exists(closeAbroad),
  }),
  query: withOlderSpellings({ ...ofOrders, ORDER_NOT_EXIST: request(list) }),
  close: withOlderSpellings({
    ...ofOrders,
    ORDER_NOT_EXIST: request(list),
    ORDER_CLOSED: request(list),
    OUT_TRADE_NO_USED: exists(list),
    ORDER_PAID: exists(closeAbroad),
  }),
  refund: withOlderSpellings({
    ...common,
    PARAM_ERROR: request(refundSdk),
    INVALID_REQUEST: request(refundSdk),
    USER_ACCOUNT_ABNORMAL: buyer(refundSdk),
    NOT_ENOUGH: merchant(refundSdk),
    REQUEST_BLOCKED: merchant(restricted),
    // "No such order", of one that WeChat Pay has said is paid: seen minutes after the payment, and gone on a repeat.
    // developers.weixin.qq.com/community/develop/doc/0002cc91f60120266c050ea3265c00
    RESOURCE_NOT_EXISTS: later(refundSdk),
  }),
  refundQuery: withOlderSpellings({
    ...common,
    PARAM_ERROR: request(refundSdk),
    INVALID_REQUEST: request(refundSdk),
    RESOURCE_NOT_EXISTS: request(refundSdk),
  }),
} satisfies Record<string, RefusalTable>;
