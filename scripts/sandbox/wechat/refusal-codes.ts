import type { Call } from "../kernel/call.ts";
import type { NamedCalls } from "../kernel/faults.ts";

/**
 * The list under every payment call, with its HTTP statuses (pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_3.shtml,
 * 2020-05-26), in the spelling of newer pages (…/doc/v3/merchant/4012556398). The older spelling follows.
 */
const ofOrders = {
  USER_PAYING: 202,
  PARAM_ERROR: 400,
  INVALID_REQUEST: 400,
  ORDER_CLOSED: 400,
  MCH_NOT_EXISTS: 400,
  APPID_MCHID_NOT_MATCH: 400,
  SIGN_ERROR: 401,
  TRADE_ERROR: 403,
  RULE_LIMIT: 403,
  OUT_TRADE_NO_USED: 403,
  NOT_ENOUGH: 403,
  NO_AUTH: 403,
  ACCOUNT_ERROR: 403,
  FREQUENCY_LIMITED: 429,
  SYSTEM_ERROR: 500,
  BANK_ERROR: 500,
  OPENID_MISMATCH: 500,
  INVALID_TRANSACTIONID: 500,
} as const;

const ofOrdersOlder = {
  USERPAYING: 202,
  RULELIMIT: 403,
  NOTENOUGH: 403,
  NOAUTH: 403,
  ACCOUNTERROR: 403,
  SYSTEMERROR: 500,
  BANKERROR: 500,
} as const;

/**
 * By HTTP status, for every call (…/wiki/doc/apiv3_partner/wechatpay/wechatpay2_1.shtml,
 * …/doc/global/v3/en/4012357121).
 */
const anyCall = { RATELIMIT_EXCEEDED: 429, RATE_LIMITED: 429, SERVICE_UNAVAILABLE: 503 } as const;

/**
 * wechatpay-apiv3/wechatpay-go services/refunddomestic/api_refunds.go; its statuses: …/apiv3/apis/chapter3_1_9.shtml.
 */
const ofRefunds = {
  PARAM_ERROR: 400,
  INVALID_REQUEST: 400,
  SIGN_ERROR: 401,
  NO_AUTH: 403,
  USER_ACCOUNT_ABNORMAL: 403,
  NOT_ENOUGH: 403,
  REQUEST_BLOCKED: 403,
  MCH_NOT_EXISTS: 404,
  RESOURCE_NOT_EXISTS: 404,
  FREQUENCY_LIMITED: 429,
  SYSTEM_ERROR: 500,
} as const;

/** Listed for payments, but not documented as theirs alone. */
const ofRefundsToo = {
  BANK_ERROR: 500,
  NOTENOUGH: 403,
  NOAUTH: 403,
  SYSTEMERROR: 500,
  BANKERROR: 500,
} as const;

const notExist = { ORDER_NOT_EXIST: 404, ORDERNOTEXIST: 404 } as const;
/** …/wiki/doc/api_external/ch/apis/chapter3_5_7.shtml. */
const paid = { ORDERPAID: 400, ORDER_PAID: 400 } as const;

/** HTTP status of every code that is simulated; where a code has several, the one of most calls. */
export const statuses = { ...ofRefunds, ...anyCall, ...notExist, ...paid, ...ofOrdersOlder, ...ofOrders };

const orders = { ...ofOrders, ...ofOrdersOlder, ...anyCall };
const named: Record<string, Record<string, number>> = {
  create: { ...orders, ...paid },
  query: { ...orders, ...notExist },
  close: { ...orders, ...notExist, ...paid },
  refund: { ...ofRefunds, ...anyCall, ...ofRefundsToo },
  refund_query: { ...ofRefunds, ...anyCall, ...ofRefundsToo },
};

/** The codes with which each call can be refused through `_sim/faults {"on": …, "code": …}`. */
export const namedCalls: NamedCalls = Object.fromEntries(
  Object.entries(named).map(([name, codes]) => [name, Object.keys(codes)]),
);

/** The HTTP status of the code for that call. */
export function statusOf(name: string | undefined, code: string): number | undefined {
  const codes = named[name ?? ""] ?? {};
  return Object.hasOwn(codes, code) ? codes[code] : undefined;
}

const paths: [name: string, method: string, path: RegExp][] = [
  ["create", "POST", /^\/v3\/pay\/transactions\/native$/],
  ["query", "GET", /^\/v3\/pay\/transactions\/(out-trade-no|id)\/[^/]+$/],
  ["close", "POST", /^\/v3\/pay\/transactions\/out-trade-no\/[^/]+\/close$/],
  ["refund", "POST", /^\/v3\/refund\/domestic\/refunds$/],
  ["refund_query", "GET", /^\/v3\/refund\/domestic\/refunds\/[^/]+$/],
];

/** The call's name for `on`. */
export function nameOf({ method, path }: Pick<Call, "method" | "path">): string | undefined {
  return paths.find(([, ofMethod, form]) => ofMethod === method && form.test(path))?.[0];
}
