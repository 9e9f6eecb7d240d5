import type { Ends, Fault, RefusalRule, RefusalTable } from "../../domain/refusal.ts";

/** The list for all payment calls. Its older edition, by chapters, writes some codes without the underscore. */
const list = "pay.weixin.qq.com/doc/v3/merchant/4012556398 (2024-09-19), …/apiv3/apis/chapter3_4_3.shtml";
const native = "pay.weixin.qq.com/doc/v3/merchant/4012791877";
const refundSdk = "wechatpay-go@6dbd7ce services/refunddomestic/api_refunds.go";
/** Codes by HTTP status, for every call of API v3. */
const statuses = "pay.weixin.qq.com/wiki/doc/apiv3_partner/wechatpay/wechatpay2_1.shtml";
const statusesAbroad = "pay.weixin.qq.com/doc/global/v3/en/4012357121 (2024-09-18)";
const closeAbroad = "pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter3_5_7.shtml (2025-01-07)";
const restricted = "ordinary partners' refund page, seen in public code as a list of its codes";

/**
 * `note`: what we do, if `fault` and `ends` do not say it. After a refusal with fault `provider` the outcome is
 * unknown.
 */
type Judged = (source: string, note?: string) => RefusalRule;
const judge =
  (fault: Fault, ends: Ends): Judged =>
  (source, note) => ({ fault, ends, source, ...(note !== undefined && { note }) });

const request = judge("request", "subject");
const buyer = judge("buyer", "subject");
const merchant = judge("merchant", "nothing");
const provider = judge("provider", "nothing");

const limited = "not accepted now: the same request is repeated later";
const exists = "something exists under our number: a poll finds out what";

/** Codes with two spellings: first that of the newer pages, then that of the older ones. */
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

function withOlderSpellings(table: Record<string, RefusalRule>): Record<string, RefusalRule> {
  const older = Object.entries(table).flatMap(([code, rule]) => {
    const name = olderSpellings[code];
    return name === undefined ? [] : [[name, rule] as const];
  });
  return { ...table, ...Object.fromEntries(older) };
}

/** The codes of every call. */
const common = {
  SIGN_ERROR: merchant(list),
  NO_AUTH: merchant(list),
  MCH_NOT_EXISTS: merchant(list),
  FREQUENCY_LIMITED: provider(list, limited),
  RATELIMIT_EXCEEDED: provider(statuses, limited),
  RATE_LIMITED: provider(statusesAbroad, limited),
  SYSTEM_ERROR: provider(list),
  BANK_ERROR: provider(list),
  SERVICE_UNAVAILABLE: provider(statuses),
};

/** The codes of all order calls: WeChat Pay's pages give one list for all of them. */
const ofOrders = {
  ...common,
  APPID_MCHID_NOT_MATCH: merchant(list),
  RULE_LIMIT: merchant(list),
  // These come with HTTP 500, after which the outcome is unknown.
  INVALID_TRANSACTIONID: provider(list),
  OPENID_MISMATCH: provider(list),
  // "Failed for business reasons, see the message": no message says whether an order exists.
  TRADE_ERROR: provider(list),
  USER_PAYING: provider(list, exists),
  OUT_TRADE_NO_USED: provider(list, exists),
  ORDER_CLOSED: provider(list),
  // The account and the balance that the list means are the buyer's; a refused query or close ends nothing.
  ACCOUNT_ERROR: judge("buyer", "nothing")(list),
  NOT_ENOUGH: judge("buyer", "nothing")(list),
};

/** A refused query or close never ends an order or a refund. */
const question = judge("request", "nothing");
const wrongQuestion = "unrecognised: our query itself is wrong, an alarm";
const wrongQuery = "unknown: polled again later";
const pollAtClose = "the state of the order decides: it is fetched";

/** The codes with which WeChat Pay refuses each call. */
export const refusals = {
  create: withOlderSpellings({
    ...ofOrders,
    PARAM_ERROR: request(list),
    INVALID_REQUEST: request(list),
    ORDER_CLOSED: request(native),
    OUT_TRADE_NO_USED: provider(native, exists),
    ORDER_PAID: provider(closeAbroad, exists),
    ACCOUNT_ERROR: buyer(list),
    NOT_ENOUGH: buyer(list),
  }),
  query: withOlderSpellings({
    ...ofOrders,
    PARAM_ERROR: question(list, wrongQuestion),
    INVALID_REQUEST: question(list, wrongQuestion),
    ORDER_NOT_EXIST: question(list, "missing: there is no such order"),
  }),
  close: withOlderSpellings({
    ...ofOrders,
    PARAM_ERROR: question(list, pollAtClose),
    INVALID_REQUEST: question(list, pollAtClose),
    OUT_TRADE_NO_USED: question(list, pollAtClose),
    ORDER_PAID: question(closeAbroad, pollAtClose),
    ORDER_CLOSED: question(list, "closed"),
    ORDER_NOT_EXIST: question(list, "missing; closed once the order has expired"),
  }),
  refund: withOlderSpellings({
    ...common,
    PARAM_ERROR: request(refundSdk),
    INVALID_REQUEST: request(refundSdk),
    USER_ACCOUNT_ABNORMAL: buyer(refundSdk),
    NOT_ENOUGH: merchant(refundSdk),
    REQUEST_BLOCKED: merchant(restricted),
    // "No such order", though WeChat Pay reported the order as paid: seen minutes after the payment, gone on a repeat.
    // developers.weixin.qq.com/community/develop/doc/0002cc91f60120266c050ea3265c00
    RESOURCE_NOT_EXISTS: provider(
      refundSdk,
      "the order is not there yet: the same request is repeated later",
    ),
  }),
  refundQuery: withOlderSpellings({
    ...common,
    PARAM_ERROR: question(refundSdk, wrongQuery),
    INVALID_REQUEST: question(refundSdk, wrongQuery),
    RESOURCE_NOT_EXISTS: question(refundSdk, "missing: there is no such refund"),
  }),
} satisfies Record<string, RefusalTable>;
