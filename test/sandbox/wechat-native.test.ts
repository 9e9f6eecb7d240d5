import { describe, expect, it } from "vitest";
import { toBeijing } from "../../scripts/sandbox/wechat/beijing-time.ts";
import { aSandbox, post } from "./sandbox.ts";
import { aWechatMerchant } from "./wechat-merchant.ts";

const minute = 60_000;
const hour = 60 * minute;

async function aShop() {
  const sandbox = await aSandbox();
  const merchant = await aWechatMerchant(sandbox);
  const control = (name: string, body = {}) =>
    sandbox.control("wechat", name, { order_no: "ORDER1", ...body });
  return { sandbox, merchant, control };
}

// pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_1.shtml
describe("WeChat simulator: native orders", () => {
  it("a WeChat simulator order exists once created, and has no transaction before it is paid", async () => {
    const { merchant } = await aShop();
    expect((await merchant.create()).body.code_url).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
    const { body } = await merchant.query();
    expect(body).toMatchObject({ out_trade_no: "ORDER1", trade_state: "NOTPAY", attach: "shop-7" });
    expect(body.amount).toEqual({ total: 1234, payer_currency: "CNY" });
    expect(body).not.toHaveProperty("transaction_id");
  });

  it("a paid WeChat simulator order is found by its transaction and listed in the ledger in fen", async () => {
    const { sandbox, merchant, control } = await aShop();
    await merchant.create();
    expect((await control("pay")).status).toBe(200);
    const { body } = await merchant.query();
    expect(body).toMatchObject({
      trade_state: "SUCCESS",
      trade_type: "NATIVE",
      transaction_id: expect.stringMatching(/^4200\d{24}$/),
      success_time: expect.stringMatching(/\+08:00$/),
      amount: { total: 1234, currency: "CNY", payer_total: 1234 },
      payer: { openid: expect.any(String) },
    });
    const target = `/v3/pay/transactions/id/${body.transaction_id}?mchid=${merchant.mchId}`;
    expect((await merchant.call("GET", target)).body).toEqual(body);
    expect(await sandbox.list("wechat", "payments")).toMatchObject([
      {
        order_no: "ORDER1",
        account: merchant.mchId,
        trade_no: body.transaction_id,
        status: "paid",
        provider_status: "SUCCESS",
        amount: "12.34",
        amount_minor: 1234,
        created: 1,
      },
    ]);
    expect((await control("pay")).status).toBe(409);
  });

  it("a WeChat simulator order stays open after a failed try", async () => {
    const { merchant, control } = await aShop();
    await merchant.create();
    expect((await control("fail")).status).toBe(200);
    expect((await merchant.query()).body.trade_state).toBe("NOTPAY");
    expect((await control("pay")).status).toBe(200);
  });

  it("a WeChat simulator order can be paid in a browser on the page that replaces scanning its code", async () => {
    const { sandbox, merchant } = await aShop();
    const { body } = await merchant.create();
    const query = new URLSearchParams({ code_url: body.code_url });
    const url = `${sandbox.simulators.wechat}/scan`;
    const page = await (await fetch(`${url}?${query}`)).text();
    expect(page).toContain("茶 &amp; &lt;b&gt;tea&lt;/b&gt;");
    expect(page).toContain("12.34 CNY");
    expect((await post(`${url}/fail?${query}`, "")).status).toBe(200);
    expect((await merchant.query()).body.trade_state).toBe("NOTPAY");
    expect((await post(`${url}/pay?${query}`, "")).status).toBe(200);
    expect((await merchant.query()).body.trade_state).toBe("SUCCESS");
    expect((await fetch(`${url}?${query}`)).status).toBe(410);
    expect((await fetch(`${url}?code_url=weixin://wxpay/bizpayurl?pr=other`)).status).toBe(404);
  });

  it("the WeChat simulator returns the same code for a repeated order with the same parameters", async () => {
    const { sandbox, merchant } = await aShop();
    const [first, again] = [await merchant.create(), await merchant.create()];
    expect(again.body).toEqual(first.body);
    expect(await sandbox.list("wechat", "payments")).toHaveLength(1);
  });

  // github.com/yansongda/pay/issues/705: every parameter counts, not the amount alone.
  it.each([
    ["amount", { amount: { total: 1235, currency: "CNY" } }],
    ["description", { description: "coffee" }],
  ])("the WeChat simulator refuses a repeated order with another %s", async (_, change) => {
    const { merchant } = await aShop();
    await merchant.create();
    const answer = await merchant.create(change);
    expect(answer).toMatchObject({ status: 403, body: { code: "OUT_TRADE_NO_USED" } });
    expect(answer.signedBy).not.toBeNull();
  });

  // A code_url is valid for two hours.
  it("a WeChat simulator code is valid for two hours, and repeating the order returns a new one", async () => {
    const { sandbox, merchant, control } = await aShop();
    const input = { time_expire: toBeijing(new Date(sandbox.clock.now().getTime() + 5 * hour)) };
    const first = await merchant.create(input);
    sandbox.clock.advance(2 * hour);
    expect((await control("pay")).status).toBe(409);
    const again = await merchant.create(input);
    expect(again.body.code_url).not.toBe(first.body.code_url);
    expect((await control("pay")).status).toBe(200);
  });

  // pay.weixin.qq.com/doc/v3/merchant/4013070360: after time_expire the merchant must close the order.
  it("a WeChat simulator order cannot be paid after time_expire, but stays NOTPAY until it is closed", async () => {
    const { sandbox, merchant, control } = await aShop();
    await merchant.create();
    sandbox.clock.advance(hour);
    expect((await control("pay")).status).toBe(409);
    expect((await merchant.query()).body.trade_state).toBe("NOTPAY");
    expect(await sandbox.list("wechat", "payments")).toMatchObject([{ status: "closed" }]);
    const target = "/v3/pay/transactions/out-trade-no/ORDER1/close";
    expect((await merchant.call("POST", target, { mchid: merchant.mchId })).status).toBe(204);
    expect((await merchant.query()).body.trade_state).toBe("CLOSED");
  });

  it("the control route expire ends a WeChat simulator order's time", async () => {
    const { merchant, control } = await aShop();
    await merchant.create();
    expect((await control("expire")).status).toBe(200);
    expect((await control("pay")).status).toBe(409);
  });

  it("an unpaid WeChat simulator order can be closed, and then neither created again nor paid", async () => {
    const { merchant, control } = await aShop();
    await merchant.create();
    const close = () =>
      merchant.call("POST", "/v3/pay/transactions/out-trade-no/ORDER1/close", { mchid: merchant.mchId });
    expect(await close()).toMatchObject({ status: 204, text: "" });
    expect(await merchant.create()).toMatchObject({ status: 400, body: { code: "ORDER_CLOSED" } });
    expect(await close()).toMatchObject({ status: 400, body: { code: "ORDER_CLOSED" } });
    expect((await control("pay")).status).toBe(409);
  });

  it("a paid WeChat simulator order can be neither closed nor created again", async () => {
    const { merchant, control } = await aShop();
    await merchant.create();
    await control("pay");
    const target = "/v3/pay/transactions/out-trade-no/ORDER1/close";
    const paid = { status: 400, body: { code: "ORDERPAID" } };
    expect(await merchant.call("POST", target, { mchid: merchant.mchId })).toMatchObject(paid);
    expect(await merchant.create()).toMatchObject(paid);
  });

  it("a WeChat simulator order is not found by another merchant or under another number", async () => {
    const { sandbox, merchant } = await aShop();
    await merchant.create();
    const other = await aWechatMerchant(sandbox);
    const missing = { status: 404, body: { code: "ORDER_NOT_EXIST" } };
    expect(await other.query()).toMatchObject(missing);
    expect(await merchant.query("ORDER2")).toMatchObject(missing);
    const external = `/v3/pay/transactions/out-trade-no/ORDER1?mchid=${merchant.mchId}`;
    expect(await other.call("GET", external)).toMatchObject({
      status: 400,
      body: { code: "INVALID_REQUEST" },
    });
    await other.create();
    const meant = await sandbox.control("wechat", "pay", { order_no: "ORDER1" });
    expect(meant.status).toBe(409);
    const named = await sandbox.control("wechat", "pay", { order_no: "ORDER1", account: other.mchId });
    expect(named.status).toBe(200);
    expect((await merchant.query()).body.trade_state).toBe("NOTPAY");
  });

  it.each([
    ["an out_trade_no of 5 characters", { out_trade_no: "ABCDE" }],
    ["an out_trade_no of 33 characters", { out_trade_no: "A".repeat(33) }],
    ["an out_trade_no with a slash", { out_trade_no: "ORDER/1" }],
    ["a description of 128 bytes", { description: `${"茶".repeat(42)}12` }],
    ["no description", { description: undefined }],
    ["an attach of 129 bytes", { attach: "a".repeat(129) }],
    ["a notify_url with a query", { notify_url: "https://merchant.example/hook?a=1" }],
    ["a notify_url without TLS elsewhere", { notify_url: "http://merchant.example/hook" }],
    ["a notify_url of 256 characters", { notify_url: `https://merchant.example/${"a".repeat(231)}` }],
    ["a time_expire in UTC", { time_expire: "2099-01-01T00:00:00Z" }],
    ["an amount of zero", { amount: { total: 0 } }],
    ["an amount in a string", { amount: { total: "1234" } }],
    ["an amount with decimals", { amount: { total: 12.34 } }],
    ["another currency", { amount: { total: 1234, currency: "USD" } }],
    ["an unsupported field", { settle_info: { profit_sharing: true } }],
  ])("the WeChat simulator refuses an order with %s", async (_, change) => {
    const { sandbox, merchant } = await aShop();
    expect(await merchant.create(change)).toMatchObject({
      status: 400,
      body: { code: "PARAM_ERROR", message: expect.any(String), detail: { location: "body" } },
    });
    expect(await sandbox.list("wechat", "payments")).toEqual([]);
  });

  // pay.weixin.qq.com/doc/v3/merchant/4012525171: a time_expire that is too near or too far is moved, not refused.
  it.each([
    ["less than a minute ahead", 50, 60],
    ["in the past", -3600, 60],
    ["91 days ahead", 91 * 24 * 3600, 90 * 24 * 3600],
  ])("the WeChat simulator moves a time_expire %s into WeChat's range", async (_, requested, seconds) => {
    const { sandbox, merchant } = await aShop();
    const from = sandbox.clock.now().getTime();
    await merchant.create({ time_expire: toBeijing(new Date(from + requested * 1000)) });
    const [row] = await sandbox.list("wechat", "payments");
    const ends = (new Date(row?.expires_at ?? "").getTime() - from) / 1000;
    expect(ends).toBeGreaterThanOrEqual(seconds);
    expect(ends).toBeLessThan(seconds + 5);
  });

  // pay.weixin.qq.com/docs/merchant/development/interface-rules/basic-rules.html: characters of one to three bytes
  // only.
  it.each([{ description: "tea 😀" }, { attach: "𠮷" }])(
    "the WeChat simulator refuses an order with a four-byte character (%#)",
    async (change) => {
      const { merchant } = await aShop();
      expect(await merchant.create(change)).toMatchObject({ status: 400, body: { code: "INVALID_REQUEST" } });
    },
  );

  it("the WeChat simulator accepts fields of maximum length and a plain http notify_url on this machine", async () => {
    const { merchant } = await aShop();
    const longest = {
      out_trade_no: "A".repeat(32),
      description: `${"茶".repeat(42)}1`,
      attach: "a".repeat(128),
      notify_url: "http://127.0.0.1:1/hook",
    };
    expect((await merchant.create(longest)).status).toBe(200);
  });

  it("the WeChat simulator refuses an order for another merchant's app or another merchant", async () => {
    const { merchant } = await aShop();
    expect(await merchant.create({ appid: "wx0000000000000000" })).toMatchObject({
      status: 400,
      body: { code: "APPID_MCHID_NOT_MATCH" },
    });
    expect(await merchant.create({ mchid: "1600000000" })).toMatchObject({
      status: 400,
      body: { code: "INVALID_REQUEST" },
    });
  });

  it.each([
    [{ status: 429 }, { status: 429, body: { code: "FREQUENCY_LIMITED" } }],
    [{ retry_after: 7 }, { status: 429, headers: { "retry-after": "7" } }],
    [{ status: 500 }, { status: 500, body: { code: "SYSTEM_ERROR" } }],
  ])(
    "the WeChat simulator answers the fault %j with a signed error and creates no order",
    async (fault, expected) => {
      const { sandbox, merchant } = await aShop();
      await sandbox.control("wechat", "faults", fault);
      const answer = await merchant.create();
      expect(answer).toMatchObject(expected);
      expect(answer.signedBy).toBe(merchant.credentials.public_key_id);
      expect(await sandbox.list("wechat", "payments")).toEqual([]);
    },
  );

  it("the faults html and timeout_after_success: no WeChat order is created, or one without an answer", async () => {
    const { sandbox, merchant } = await aShop();
    await sandbox.control("wechat", "faults", { status: 502, html: true, times: 1 });
    expect(await merchant.create()).toMatchObject({ status: 502, signedBy: null });
    expect(await sandbox.list("wechat", "payments")).toEqual([]);
    await sandbox.control("wechat", "faults", { timeout_after_success: true, times: 1 });
    await expect(merchant.create()).rejects.toThrow("fetch failed");
    expect(await sandbox.list("wechat", "payments")).toMatchObject([{ order_no: "ORDER1" }]);
  });
});
