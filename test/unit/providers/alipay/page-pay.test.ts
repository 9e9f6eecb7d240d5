import { createVerify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fromDecimal } from "../../../../lib/money/money.ts";
import { newPayment, orderNo, payment } from "../payments.ts";
import { openAlipay, ours, pem } from "./keys.ts";

const adapter = openAlipay();
const biz = (changes: Parameters<typeof newPayment>[0]) =>
  adapter.prepare(newPayment(changes)).biz_content as Record<string, string>;

describe("Alipay page request", () => {
  it("an Alipay page request carries our number, an absolute expiry in UTC+8, and the merchant's number", () => {
    expect(openAlipay().prepare(newPayment({ body: "two boxes" }))).toEqual({
      timestamp: "2025-11-23 20:00:00",
      notify_url: "https://pay.example/api/v1/public/notify/x/1",
      return_url: "https://pay.example/api/v1/public/return/x/1",
      biz_content: {
        out_trade_no: orderNo,
        product_code: "FAST_INSTANT_TRADE_PAY",
        total_amount: "12.30",
        subject: "Tea",
        body: "two boxes",
        time_expire: "2025-11-23 22:00:00",
        passback_params: "shop-1",
      },
    });
  });

  it("an Alipay page request writes every price from 0.01 to 100.00 with two decimals, which read back the same", () => {
    for (let minor = 1; minor <= 10_000; minor += 1) {
      const text = biz({ amount: { minor, currency: "CNY" } }).total_amount ?? "";
      expect(text).toMatch(/^\d+\.\d\d$/);
      expect(fromDecimal(text, "CNY").minor).toBe(minor);
    }
  });

  it.each([
    [1, "0.01"],
    [9_999_999_999, "99999999.99"],
    // Price(11): opendocs.alipay.com/open/028r8t.
    [10_000_000_000, "100000000"],
  ])("an Alipay page request accepts %i fen", (minor, text) => {
    expect(biz({ amount: { minor, currency: "CNY" } }).total_amount).toBe(text);
  });

  it.each([
    ["amount", { minor: 0, currency: "CNY" }],
    ["amount", { minor: 10_000_000_001, currency: "CNY" }],
    ["currency", { minor: 100, currency: "USD" }],
  ])("an Alipay page request refuses a wrong %s and names the field: %o", (field, amount) => {
    expect(() => biz({ amount })).toThrow(
      expect.objectContaining({
        failure: "amount_not_allowed",
        details: { fields: [{ field, message: expect.any(String) }] },
      }),
    );
  });

  it("an Alipay page request writes forbidden characters in full width", () => {
    expect(biz({ subject: "a/b=c&d" }).subject).toBe("a／b＝c＆d");
    expect(biz({ body: "a/b=c&d" }).body).toBe("a／b＝c＆d");
  });

  it("an Alipay page request is refused if the gateway's own URLs are longer than Alipay accepts", () => {
    const long = `https://pay.example/${"a".repeat(237)}`;
    expect(adapter.prepare(newPayment({ notifyUrl: long.slice(0, 256) })).notify_url).toHaveLength(256);
    for (const changes of [{ notifyUrl: long }, { buyerReturnUrl: long }]) {
      expect(() => adapter.prepare(newPayment(changes))).toThrow(
        expect.objectContaining({
          failure: "invalid_parameter",
          message: expect.stringContaining("257 bytes"),
        }),
      );
    }
  });
});

describe("Alipay page link", () => {
  const link = async (provider = openAlipay(), changes: Parameters<typeof newPayment>[0] = {}) => {
    const started = await provider.createPayment(payment(), provider.prepare(newPayment(changes)), "key");
    if (started.kind !== "payable") throw new Error(started.kind);
    return started.payable;
  };

  it("an Alipay page link is signed by the application over all its parameters", async () => {
    const { paymentUrl, ...rest } = await link(openAlipay(), { subject: "茶 + 100%" });
    expect(rest).toEqual({ paymentId: orderNo, qrCode: "", extraData: {} });
    const { sign, ...signed } = Object.fromEntries(new URL(paymentUrl).searchParams);
    expect(signed).toMatchObject({
      app_id: "2021000122671080",
      method: "alipay.trade.page.pay",
      charset: "utf-8",
      sign_type: "RSA2",
      timestamp: "2025-11-23 20:00:00",
    });
    expect(JSON.parse(signed.biz_content ?? "").subject).toBe("茶 + 100%");
    const text = Object.keys(signed)
      .sort()
      .map((name) => `${name}=${signed[name]}`)
      .join("&");
    expect(
      createVerify("RSA-SHA256")
        .update(text)
        .verify(pem(ours.publicKey, "spki"), sign ?? "", "base64"),
    ).toBe(true);
  });

  it("a repeat gives the same Alipay page link, even if the stored request's fields come back reordered", async () => {
    const prepared = openAlipay().prepare(newPayment({ body: "b" }));
    const reversed = JSON.parse(JSON.stringify(prepared), (_key, value) =>
      typeof value === "object" ? Object.fromEntries(Object.entries(value).reverse()) : value,
    );
    const later = openAlipay({ now: "2025-11-23T13:30:00Z" });
    const [first, second] = [
      await openAlipay().createPayment(payment(), prepared, "a"),
      await later.createPayment(payment(), reversed, "b"),
    ];
    expect(second).toEqual(first);
  });

  it.each([
    [{ is_production: true }, "https://openapi.alipay.com/gateway.do?"],
    [{ is_production: false }, "https://openapi-sandbox.dl.alipaydev.com/gateway.do?"],
    [{ baseUrl: "http://127.0.0.1:9" }, "http://127.0.0.1:9/gateway.do?"],
  ])("an Alipay page link leads to the gateway that %o selects", async (options, start) => {
    expect((await link(openAlipay(options))).paymentUrl.slice(0, start.length)).toBe(start);
    expect(openAlipay(options).livemode).toBe("is_production" in options && options.is_production);
  });
});
