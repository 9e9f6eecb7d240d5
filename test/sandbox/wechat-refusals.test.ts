import { describe, expect, it } from "vitest";
import { refusals } from "../../lib/providers/wechat/refusals.ts";
import { namedCalls } from "../../scripts/sandbox/wechat/refusal-codes.ts";
import { aSandbox } from "./sandbox.ts";
import { aWechatMerchant } from "./wechat-merchant.ts";

async function aShop() {
  const sandbox = await aSandbox();
  const merchant = await aWechatMerchant(sandbox);
  await merchant.create();
  await sandbox.control("wechat", "pay", { order_no: "ORDER1" });
  const close = { mchid: merchant.mchId };
  const calls = {
    create: () => merchant.create({ out_trade_no: "ORDER2" }),
    query: () => merchant.query(),
    close: () => merchant.call("POST", "/v3/pay/transactions/out-trade-no/ORDER1/close", close),
    refund: () => merchant.refund(),
    refund_query: () => merchant.call("GET", "/v3/refund/domestic/refunds/R1"),
  };
  return { sandbox, merchant, calls };
}

describe("WeChat simulator: simulated refusals", () => {
  // wechatpay-go services/refunddomestic/api_refunds.go; pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_3.shtml.
  it.each([
    ["create", "OUT_TRADE_NO_USED", 403],
    ["create", "ACCOUNTERROR", 403],
    ["query", "ORDER_NOT_EXIST", 404],
    ["query", "BANK_ERROR", 500],
    ["close", "USERPAYING", 202],
    ["refund", "NOT_ENOUGH", 403],
    ["refund", "USER_ACCOUNT_ABNORMAL", 403],
    ["refund", "MCH_NOT_EXISTS", 404],
    ["create", "MCH_NOT_EXISTS", 400],
    ["refund_query", "RATELIMIT_EXCEEDED", 429],
  ] as const)(
    "the WeChat simulator refuses %s with %s, signed and with HTTP %i, without executing it",
    async (on, code, status) => {
      const { sandbox, merchant, calls } = await aShop();
      const before = await sandbox.list("wechat", "payments");
      expect((await sandbox.control("wechat", "faults", { on, code, times: 1 })).status).toBe(200);
      const answer = await calls[on]();
      expect(answer).toMatchObject({ status, body: { code }, signedBy: merchant.credentials.public_key_id });
      expect(await sandbox.list("wechat", "payments")).toEqual(before);
      expect((await merchant.query()).body.trade_state).toBe("SUCCESS");
    },
  );

  it("a fault for one WeChat simulator call does not affect the others", async () => {
    const { sandbox, calls } = await aShop();
    await sandbox.control("wechat", "faults", { on: "refund", code: "NOT_ENOUGH" });
    expect((await calls.query()).status).toBe(200);
    expect((await calls.refund()).body.code).toBe("NOT_ENOUGH");
  });

  it("the WeChat simulator knows every refusal code of the adapter's tables", () => {
    const { refundQuery, ...others } = refusals;
    for (const [call, table] of Object.entries({ ...others, refund_query: refundQuery })) {
      const unknown = Object.keys(table).filter((code) => !namedCalls[call]?.includes(code));
      expect([call, unknown]).toEqual([call, []]);
    }
  });
});
