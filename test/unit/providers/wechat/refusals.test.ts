import { describe, expect, it } from "vitest";
import type { Ends, Fault } from "../../../../lib/domain/refusal.ts";
import { refusals } from "../../../../lib/providers/wechat/refusals.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { newPayment, orderNo, payment, refund, withRequest } from "../payments.ts";
import { answer, openWechat, refusal, transaction } from "./merchant.ts";

type Verdict = [fault: Fault, ends: Ends] | "unknown";
type Row = [status: number, code: string, verdict: Verdict];

const final: Verdict = ["request", "subject"];
const buyers: Verdict = ["buyer", "subject"];
const merchants: Verdict = ["merchant", "nothing"];

/**
 * The list under every payment call, pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_3.shtml (2020-05-26), whose codes
 * …/doc/v3/merchant/4012556398 (2024-09-19) writes with an underscore; ORDERPAID: …/doc/api_external/ch/apis/chapter3_5_7.shtml;
 * 429 and 503: …/wiki/doc/apiv3_partner/wechatpay/wechatpay2_1.shtml.
 */
const create: Row[] = [
  [400, "PARAM_ERROR", final],
  [400, "INVALID_REQUEST", final],
  [400, "ORDER_CLOSED", final],
  [403, "ACCOUNT_ERROR", buyers],
  [403, "ACCOUNTERROR", buyers],
  [403, "NOT_ENOUGH", buyers],
  [403, "NOTENOUGH", buyers],
  [400, "APPID_MCHID_NOT_MATCH", merchants],
  [400, "MCH_NOT_EXISTS", merchants],
  [404, "MCH_NOT_EXISTS", merchants],
  [401, "SIGN_ERROR", merchants],
  [403, "NO_AUTH", merchants],
  [403, "NOAUTH", merchants],
  [403, "RULE_LIMIT", merchants],
  [403, "RULELIMIT", merchants],
  [429, "FREQUENCY_LIMITED", "unknown"],
  [429, "RATELIMIT_EXCEEDED", "unknown"],
  [403, "FREQUENCY_LIMITED", "unknown"],
  [403, "OUT_TRADE_NO_USED", "unknown"],
  [400, "ORDERPAID", "unknown"],
  [403, "TRADE_ERROR", "unknown"],
  [202, "USERPAYING", "unknown"],
  [500, "SYSTEM_ERROR", "unknown"],
  [500, "SYSTEMERROR", "unknown"],
  [400, "SYSTEM_ERROR", "unknown"],
  [500, "BANK_ERROR", "unknown"],
  [500, "BANKERROR", "unknown"],
  [500, "OPENID_MISMATCH", "unknown"],
  [500, "INVALID_TRANSACTIONID", "unknown"],
  [503, "SERVICE_UNAVAILABLE", "unknown"],
];

/**
 * wechatpay-apiv3/wechatpay-go services/refunddomestic/api_refunds.go@6dbd7ce. RESOURCE_NOT_EXISTS is not the end of a paid
 * order's refund: developers.weixin.qq.com/community/develop/doc/0002cc91f60120266c050ea3265c00.
 */
const refunds: Row[] = [
  [400, "PARAM_ERROR", final],
  [400, "INVALID_REQUEST", final],
  [403, "USER_ACCOUNT_ABNORMAL", buyers],
  [403, "NOT_ENOUGH", merchants],
  [404, "MCH_NOT_EXISTS", merchants],
  [401, "SIGN_ERROR", merchants],
  [403, "NO_AUTH", merchants],
  [404, "RESOURCE_NOT_EXISTS", "unknown"],
  [429, "FREQUENCY_LIMITED", "unknown"],
  [500, "SYSTEM_ERROR", "unknown"],
  [500, "BANK_ERROR", "unknown"],
];

const asExpected = (verdict: Verdict, code: string) =>
  verdict === "unknown"
    ? { kind: "unknown", why: expect.stringContaining(`${code}`) }
    : {
        ...{ kind: "refused", fault: verdict[0], ends: verdict[1], listed: true },
        error: { code, message: "a reason" },
      };

async function adapterOn(...replies: Reply[]) {
  const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
  return openWechat({ baseUrl: server.url });
}

async function started(reply: Reply) {
  const adapter = await adapterOn(reply);
  return adapter.createPayment(payment(), adapter.prepare(newPayment()), "key");
}

async function refunded(reply: Reply) {
  const adapter = await adapterOn(reply);
  return adapter.refund!(payment(), withRequest(adapter, payment(), refund()));
}

describe("WeChat Pay refusals of a create", () => {
  it.each(create)("a WeChat Pay create refused with HTTP %i %s is %s", async (status, code, verdict) => {
    expect(await started(refusal(status, code))).toEqual(asExpected(verdict, code));
  });

  it("a WeChat Pay create refused with an unlisted code is the merchant's fault and not final", async () => {
    for (const [status, code] of [
      [400, "A_NEW_REASON"],
      [403, "A_NEW_REASON"],
      [404, "RESOURCE_NOT_EXISTS"],
      [400, "constructor"],
    ] as const) {
      const unlisted = { kind: "refused", fault: "merchant", ends: "nothing", listed: false };
      expect(await started(refusal(status, code))).toMatchObject({ ...unlisted, error: { code } });
    }
  });
});

describe("WeChat Pay refusals of a refund", () => {
  it.each(refunds)("a WeChat Pay refund refused with HTTP %i %s is %s", async (status, code, verdict) => {
    expect(await refunded(refusal(status, code))).toEqual(asExpected(verdict, code));
  });

  it("a WeChat Pay refund refused with an unlisted code is unknown and reports the code", async () => {
    for (const [status, code] of [
      [400, "A_NEW_REASON"],
      [403, "A_NEW_REASON"],
      [404, "ORDER_NOT_EXIST"],
      [400, "toString"],
    ] as const) {
      const unlisted = { kind: "unknown", why: `WeChat Pay: ${code}`, unlisted: code };
      expect(await refunded(refusal(status, code))).toEqual(unlisted);
    }
  });

  it("a WeChat Pay refund with an unsigned refusal is unknown", async () => {
    const { headers: _, ...unsigned } = refusal(403, "USER_ACCOUNT_ABNORMAL");
    expect(await refunded(unsigned)).toEqual({
      kind: "unknown",
      why: "WeChat Pay: USER_ACCOUNT_ABNORMAL",
    });
  });
});

// …/docs/merchant/development/interface-rules/basic-rules.html: detail.location names the wrong part of the request.
describe.each(["header", "authorization"])("WeChat Pay refusals of the request's %s", (location) => {
  const reply = refusal(400, "PARAM_ERROR", { location, field: "Wechatpay-Serial" });

  it(`a WeChat Pay refusal of the request's ${location} is the merchant's fault in every call, and ends nothing`, async () => {
    const refused = { kind: "refused", fault: "merchant", ends: "nothing", listed: true };
    expect(await started(reply)).toMatchObject(refused);
    expect(await refunded(reply)).toMatchObject(refused);
    expect(await (await adapterOn(reply)).fetchPayment(payment())).toMatchObject([{ kind: "unknown" }]);
    expect(await (await adapterOn(reply)).close!(payment())).toMatchObject([{ kind: "unknown" }]);
  });
});

describe("WeChat Pay refusals of a query or close", () => {
  it.each([
    [404, "ORDER_NOT_EXIST", { kind: "missing", orderNo, why: "ORDER_NOT_EXIST" }],
    [404, "ORDERNOTEXIST", { kind: "missing", orderNo, why: "ORDERNOTEXIST" }],
    [403, "RULE_LIMIT", { kind: "unknown", orderNo, why: "WeChat Pay: RULE_LIMIT" }],
    [403, "TRADE_ERROR", { kind: "unknown", orderNo, why: "WeChat Pay: TRADE_ERROR" }],
    [429, "FREQUENCY_LIMITED", { kind: "unknown", orderNo, why: "WeChat Pay: FREQUENCY_LIMITED" }],
    [400, "INVALID_REQUEST", { kind: "unrecognised", said: "query: INVALID_REQUEST" }],
    [400, "NEW", { kind: "unknown", orderNo, why: "WeChat Pay: NEW", unlisted: "NEW" }],
    [404, "RESOURCE_NOT_EXISTS", { kind: "unknown", unlisted: "RESOURCE_NOT_EXISTS" }],
  ])(
    "WeChat Pay's fetchPayment refused with HTTP %i %s gives the right event",
    async (status, code, expected) => {
      const said = await (await adapterOn(refusal(status, code))).fetchPayment(payment());
      expect(said).toEqual([expect.objectContaining(expected)]);
    },
  );

  it.each([
    [404, "RESOURCE_NOT_EXISTS", { kind: "missing", why: "WeChat Pay: RESOURCE_NOT_EXISTS" }],
    [400, "PARAM_ERROR", { kind: "unknown", why: "WeChat Pay: PARAM_ERROR" }],
    [404, "MCH_NOT_EXISTS", { kind: "unknown", why: "WeChat Pay: MCH_NOT_EXISTS" }],
    [429, "RATELIMIT_EXCEEDED", { kind: "unknown", why: "WeChat Pay: RATELIMIT_EXCEEDED" }],
    [
      404,
      "ORDER_NOT_EXIST",
      { kind: "unknown", why: "WeChat Pay: ORDER_NOT_EXIST", unlisted: "ORDER_NOT_EXIST" },
    ],
  ])(
    "WeChat Pay's fetchRefund refused with HTTP %i %s has the right outcome",
    async (status, code, expected) => {
      const adapter = await adapterOn(refusal(status, code));
      expect(await adapter.fetchRefund!(payment(), refund())).toEqual(expected);
    },
  );

  it("a WeChat Pay close refused with an unlisted code reports the code and the order's state", async () => {
    const open = answer(transaction({ trade_state: "NOTPAY", transaction_id: null, success_time: null }));
    const adapter = await adapterOn(refusal(403, "NEW"), open);
    expect(await adapter.close!(payment())).toEqual([
      { kind: "open", orderNo, why: "WeChat Pay does not close it yet: NEW", unlisted: "NEW" },
    ]);
  });
});

it("every code that WeChat Pay lists for refunds and refund queries is in its table", () => {
  for (const [, code] of refunds) expect(refusals.refund).toHaveProperty(code);
  const requested = ["SYSTEM_ERROR", "RESOURCE_NOT_EXISTS", "PARAM_ERROR", "MCH_NOT_EXISTS", "SIGN_ERROR"];
  for (const code of requested) expect(refusals.refundQuery).toHaveProperty(code);
});
