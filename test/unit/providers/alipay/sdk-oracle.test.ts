import { AlipaySdk } from "alipay-sdk";
import { describe, expect, it } from "vitest";
import { localServer } from "../../outbound/local-server.ts";
import { newPayment, payment } from "../payments.ts";
import { appId, openAlipay, ours, pem } from "./keys.ts";

// The oracle is alipay-sdk 4.14.0: `sdkExecute` signs the same parameters.
const sdk = new AlipaySdk({ appId, privateKey: pem(ours.privateKey, "pkcs8"), keyType: "PKCS8" });
const signedBySdk = (method: string, parameters: Record<string, unknown>) =>
  sdk.sdkExecute(method, parameters, { bizContentAutoSnakeCase: false });
const fields = (query: string) => Object.fromEntries(new URLSearchParams(query));

describe("requests to Alipay", () => {
  it.each([
    ["a plain order", {}],
    ["Chinese text, quotes and signs", { subject: '茶 & "一杯" + 100%', body: "a=b&c=d" }],
    ["an amount of one fen", { amount: { minor: 1, currency: "CNY" } }],
  ])("a page link for %s is signed as alipay-sdk signs it", async (_what, changes) => {
    const adapter = openAlipay();
    const prepared = adapter.prepare(newPayment(changes));
    const created = await adapter.createPayment(payment(), prepared, "key");
    const { timestamp, notify_url, return_url, biz_content } = prepared;
    const expected = signedBySdk("alipay.trade.page.pay", {
      ...{ timestamp, notifyUrl: notify_url, returnUrl: return_url, bizContent: biz_content },
    });
    const url = created.kind === "payable" ? created.payable.paymentUrl : "";
    expect(fields(new URL(url).search)).toEqual(fields(expected));
  });

  it("every call is signed as alipay-sdk signs it", async () => {
    const server = await localServer(() => ({ status: 500 }));
    const adapter = openAlipay({ baseUrl: server.url });
    const order = payment({ scene: "qr" });
    await adapter.createPayment(
      order,
      adapter.prepare(newPayment({ scene: "qr", subject: "茶 + 一" })),
      "key",
    );
    await adapter.fetchPayment(order);
    await adapter.close?.(order);
    expect(server.calls.length).toBeGreaterThanOrEqual(3);
    for (const { path, body } of server.calls) {
      const sent = { ...fields(new URL(path, server.url).search), ...fields(body) };
      const { method = "", timestamp, notify_url, biz_content = "" } = sent;
      const expected = signedBySdk(method, {
        timestamp,
        ...(notify_url && { notifyUrl: notify_url }),
        bizContent: JSON.parse(biz_content),
      });
      expect(sent).toEqual(fields(expected));
    }
  });
});
