import { describe, expect, it } from "vitest";
import { scenes } from "../../../../lib/providers/alipay/scenes.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { newPayment, orderNo, payment } from "../payments.ts";
import { gatewayAnswer, openAlipay, refusal } from "./keys.ts";

const method = "alipay.trade.precreate";
const qr = newPayment({ scene: "qr", body: "two boxes" });
const stored = payment({ scene: "qr" });
const prepared = () => openAlipay().prepare(qr);
const code = "https://qr.alipay.com/bavh4wjlxf12tper3a";
const made = (changes: Record<string, unknown> = {}) =>
  gatewayAnswer({ code: "10000", msg: "Success", out_trade_no: orderNo, qr_code: code, ...changes }, method);
const refused = (subCode: string, topCode?: string, words?: string) =>
  gatewayAnswer(refusal(subCode, topCode, words), method);

const started = async (reply: Reply) => {
  const server = await localServer(() => reply);
  return openAlipay({ baseUrl: server.url }).createPayment(stored, prepared(), "key");
};

describe("Alipay QR code request", () => {
  it("an Alipay QR code request carries our number, an absolute expiry in UTC+8, and the merchant's number", () => {
    expect(prepared()).toEqual({
      notify_url: "https://pay.example/api/v1/public/notify/x/1",
      biz_content: {
        out_trade_no: orderNo,
        total_amount: "12.30",
        subject: "Tea",
        body: "two boxes",
        time_expire: "2025-11-23 22:00:00",
        passback_params: "shop-1",
      },
    });
  });

  it("an Alipay QR code request has the limits of a page request, and accepts no extra parameter", () => {
    expect(() => openAlipay().prepare({ ...qr, amount: { minor: 100, currency: "USD" } })).toThrow(
      expect.objectContaining({ failure: "amount_not_allowed" }),
    );
    expect(scenes.qr.extraParams.safeParse({ auth_code: "28" }).success).toBe(false);
  });
});

describe("Alipay QR code creation", () => {
  it("creating an Alipay QR code returns the code, and no URL", async () => {
    expect(await started(made())).toEqual({
      kind: "payable",
      payable: { paymentId: orderNo, paymentUrl: "", qrCode: code, extraData: {} },
    });
  });

  it("a repeat sends the same Alipay QR code request, even if the stored fields come back reordered", async () => {
    const server = await localServer(() => made());
    const adapter = openAlipay({ baseUrl: server.url });
    const reversed = JSON.parse(JSON.stringify(prepared()), (_key, value) =>
      typeof value === "object" ? Object.fromEntries(Object.entries(value).reverse()) : value,
    );
    await adapter.createPayment(stored, prepared(), "a");
    await adapter.createPayment(stored, reversed, "b");
    expect(server.calls[1]).toMatchObject({ path: server.calls[0]?.path, body: server.calls[0]?.body });
    const query = new URL(server.calls[0]?.path ?? "", server.url).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({ method, notify_url: qr.notifyUrl });
    const biz = new URLSearchParams(server.calls[0]?.body).get("biz_content") ?? "";
    expect(JSON.parse(biz)).toEqual(prepared().biz_content);
  });

  it("a refused Alipay QR code reports messages about the trade, but none that repeats the signed text", async () => {
    expect(await started(refused("ACQ.TOTAL_FEE_EXCEED", "40004", "订单总金额超过限额"))).toMatchObject({
      error: { code: "ACQ.TOTAL_FEE_EXCEED", message: "订单总金额超过限额" },
    });
    expect(await started(refused("isv.invalid-signature", "40002", "canary-string"))).toMatchObject({
      error: { code: "isv.invalid-signature", message: "Business Failed" },
    });
  });

  const existing = made();
  it.each([
    ["an unsigned code", { body: JSON.stringify({ alipay_trade_precreate_response: { code: "10000" } }) }],
    ["an unsigned refusal", { body: '{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}' }],
    ["another order's code", made({ out_trade_no: "UNI1" })],
    ["no code", made({ qr_code: "" })],
    ["HTTP 502", { ...existing, status: 502 }],
    ["HTML", { body: "<html></html>" }],
    ["a broken connection", "reset"],
  ] satisfies [string, Reply][])(
    "an Alipay QR code has an unknown outcome after %s",
    async (_title, reply) => {
      expect(await started(reply)).toEqual({ kind: "unknown", why: expect.any(String) });
    },
  );

  it("fetching an Alipay QR code payment finds no trade before the buyer scans the code", async () => {
    const server = await localServer(() =>
      gatewayAnswer(refusal("ACQ.TRADE_NOT_EXIST"), "alipay.trade.query"),
    );
    expect(await openAlipay({ baseUrl: server.url }).fetchPayment(stored)).toMatchObject([
      { kind: "missing" },
    ]);
  });
});
