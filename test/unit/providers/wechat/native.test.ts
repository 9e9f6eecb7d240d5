import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { newPayment, orderNo, payment } from "../payments.ts";
import { answer, appId, mchId, openWechat, refusal } from "./merchant.ts";

const prepared = (changes: Parameters<typeof newPayment>[0] = {}) =>
  openWechat().prepare(newPayment(changes));

describe("WeChat Pay QR code request", () => {
  it("a WeChat Pay request carries our number, the merchant's number, fen, and an absolute expiry in UTC+8", () => {
    expect(prepared()).toEqual({
      appid: appId,
      mchid: mchId,
      description: "Tea",
      out_trade_no: orderNo,
      time_expire: "2025-11-23T22:00:00+08:00",
      attach: "shop-1",
      notify_url: "https://pay.example/api/v1/public/notify/x/1",
      amount: { total: 1230, currency: "CNY" },
    });
  });

  // The 127 are bytes: github.com/JeffreySu/WeiXinMPSDK/issues/3217. Characters of four bytes are not accepted at all:
  // pay.weixin.qq.com/docs/merchant/development/interface-rules/basic-rules.html (2024-07-25).
  it.each([
    ["茶".repeat(42), "茶".repeat(42)],
    ["茶".repeat(43), `${"茶".repeat(41)}…`],
    [`x${"茶".repeat(42)}`, `x${"茶".repeat(42)}`],
    ["x".repeat(127), "x".repeat(127)],
    ["x".repeat(128), `${"x".repeat(124)}…`],
    ["é".repeat(64), `${"é".repeat(62)}…`],
    ["tea 😀", "tea \uFFFD"],
    [`${"x".repeat(124)}😀`, `${"x".repeat(124)}\uFFFD`],
    [`${"x".repeat(125)}😀`, `${"x".repeat(124)}…`],
    ["\uD83D tea", "\uFFFD tea"],
  ])(
    "a WeChat Pay description is truncated to 127 bytes, between characters of one to three bytes (%#)",
    (subject, description) => {
      expect(prepared({ subject }).description).toBe(description);
    },
  );

  it.each([
    ["2025-11-23T12:01:00Z", "2025-11-23T20:02:00+08:00"],
    ["2025-11-23T12:02:01Z", "2025-11-23T20:02:01+08:00"],
    ["2025-12-31T16:00:00.999Z", "2026-01-01T00:00:00+08:00"],
  ])("a WeChat Pay order that expires at %s has time_expire %s", (expiresAt, time) => {
    expect(prepared({ expiresAt: new Date(expiresAt) }).time_expire).toBe(time);
  });

  it.each([
    ["amount", { minor: 0, currency: "CNY" }],
    ["currency", { minor: 100, currency: "USD" }],
    ["currency", { minor: 100, currency: "HKD" }],
  ])("a WeChat Pay request refuses a wrong %s and names the field: %o", (field, amount) => {
    expect(() => prepared({ amount })).toThrow(
      expect.objectContaining({
        failure: "amount_not_allowed",
        details: { fields: [{ field, message: expect.any(String) }] },
      }),
    );
  });

  it.each([
    "http://pay.example/notify",
    "http://127.0.0.1:3000/notify",
    "https://pay.example/notify?config=1",
    `https://pay.example/${"x".repeat(236)}`,
  ])(
    "a WeChat Pay request is refused with a webhook URL that WeChat Pay would never call: %s",
    (notifyUrl) => {
      expect(() => prepared({ notifyUrl })).toThrow(expect.objectContaining({ failure: "internal" }));
    },
  );

  it("a WeChat Pay request may have a loopback webhook URL if WeChat Pay is a simulator", () => {
    const local = openWechat({ baseUrl: "http://127.0.0.1:9" });
    const notifyUrl = "http://127.0.0.1:3000/notify";
    expect(local.prepare(newPayment({ notifyUrl })).notify_url).toBe(notifyUrl);
    const elsewhere = newPayment({ notifyUrl: "http://127.0.0.1.example/notify" });
    expect(() => local.prepare(elsewhere)).toThrow(expect.objectContaining({ failure: "internal" }));
  });
});

describe("WeChat Pay QR code creation", () => {
  const started = async (reply: Reply) => {
    const server = await localServer(() => reply);
    const adapter = openWechat({ baseUrl: server.url });
    return adapter.createPayment(payment(), adapter.prepare(newPayment()), "key");
  };
  const code = answer({ code_url: "weixin://wxpay/bizpayurl?pr=JyC91EIz1" });

  it("creating a WeChat Pay order returns a QR code", async () => {
    const payable = {
      paymentId: orderNo,
      paymentUrl: "",
      qrCode: "weixin://wxpay/bizpayurl?pr=JyC91EIz1",
      extraData: {},
    };
    expect(await started(code)).toEqual({ kind: "payable", payable });
  });

  it("a repeat sends the same WeChat Pay order, even if the stored request's fields come back reordered", async () => {
    const server = await localServer(() => code);
    const adapter = openWechat({ baseUrl: server.url });
    const first = adapter.prepare(newPayment());
    const reversed = JSON.parse(JSON.stringify(first), (_key, value) =>
      typeof value === "object" ? Object.fromEntries(Object.entries(value).reverse()) : value,
    );
    await adapter.createPayment(payment(), first, "a");
    await adapter.createPayment(payment(), reversed, "b");
    const [one, two] = server.calls;
    expect(one).toMatchObject({
      method: "POST",
      path: "/v3/pay/transactions/native",
      body: JSON.stringify(first),
    });
    expect(two?.body).toBe(one?.body);
  });

  // The codes one by one: refusals.test.ts.
  it("a refused WeChat Pay create reports the fault and what ends", async () => {
    const error = { code: "PARAM_ERROR", message: "a reason" };
    const refused = { kind: "refused", fault: "request", ends: "subject", listed: true, error };
    expect(await started(refusal(400, "PARAM_ERROR"))).toEqual(refused);
  });

  it.each([401, 403])("a WeChat Pay create refused with an unsigned %i is not final", async (status) => {
    const { headers: _, ...unsigned } = refusal(status, "PARAM_ERROR");
    const forNow = { kind: "refused", ends: "nothing", listed: false };
    expect(await started(unsigned)).toMatchObject({ ...forNow, error: { code: "PARAM_ERROR" } });
    const html = { status, body: "<html>" };
    expect(await started(html)).toMatchObject({
      ...forNow,
      fault: "merchant",
      error: { code: `HTTP_${status}` },
    });
  });

  const unsigned = (reply: Exclude<Reply, string>) => ({ ...reply, headers: {} });
  const probed = { changes: { "wechatpay-signature": "WECHATPAY/SIGNTEST/x" } };
  it.each([
    ["OUT_TRADE_NO_USED", refusal(403, "OUT_TRADE_NO_USED")],
    ["ORDERPAID", refusal(400, "ORDERPAID")],
    ["SYSTEM_ERROR", refusal(500, "SYSTEM_ERROR")],
    ["SYSTEM_ERROR with 400", refusal(400, "SYSTEM_ERROR")],
    ["FREQUENCY_LIMITED", refusal(429, "FREQUENCY_LIMITED")],
    ["HTTP 429 without a signature", { status: 429, body: "<html>" }],
    ["HTTP 503", { status: 503 }],
    ["HTTP 202", answer({ code: "ACCEPTED" }, 202)],
    ["HTTP 204", answer(undefined, 204)],
    ["a redirect", { status: 302, headers: { location: "/other" } }],
    ["an unsigned code", unsigned(code)],
    ["an unsigned refusal", unsigned(refusal(400, "PARAM_ERROR"))],
    ["a code signed as a probe", answer({ code_url: "weixin://x" }, 200, probed)],
    [
      "a refusal signed as a probe",
      { ...refusal(403, "NO_AUTH"), headers: answer({}, 403, probed).headers ?? {} },
    ],
    ["a code signed long ago", answer({ code_url: "weixin://x" }, 200, { at: new Date("2014-01-01") })],
    ["a changed code", { ...code, body: String(code.body).replace("JyC", "JyD") }],
    ["no code", answer({ prepay_id: "x" })],
    ["an empty code", answer({ code_url: "" })],
    ["signed HTML", { ...answer(undefined), body: "" }],
    ["a broken connection", "reset"],
  ] satisfies [string, Reply][])(
    "a WeChat Pay create has an unknown outcome after %s",
    async (_title, reply) => {
      expect(await started(reply)).toEqual({ kind: "unknown", why: expect.any(String) });
    },
  );
});

describe("WeChat Pay livemode", () => {
  it("WeChat Pay is in live mode unless it is a simulator", async () => {
    expect(openWechat().livemode).toBe(true);
    expect(openWechat({ baseUrl: "http://127.0.0.1:9" }).livemode).toBe(false);
    expect(await openWechat().account()).toBe(mchId);
  });
});
