import { AlipaySdk } from "alipay-sdk";
import { describe, expect, it } from "vitest";
import { type Call, localServer } from "../../outbound/local-server.ts";
import { newPayment, payment, refund, withRequest } from "../payments.ts";
import { appId, openAlipay, rawCredentials } from "./keys.ts";

const sdkAt = (url: string) =>
  new AlipaySdk({
    appId,
    privateKey: rawCredentials.private_key,
    keyType: "PKCS8",
    gateway: `${url}/gateway.do`,
  });

const texts = ["Tea", '茶 & 100% = "青"', "a+b%2Fc\\d\n'e' 😀", "x".repeat(300)];

/** What both must send alike; the SDK adds its own user agent and a trace id. */
const sentBy = ({ method, path, headers, body }: Call) => ({
  method,
  path,
  body,
  accept: headers.accept,
  type: String(headers["content-type"]).split(";")[0],
});

describe("Alipay requests and the SDK's", () => {
  type Adapter = ReturnType<typeof openAlipay>;
  const creating = (subject: string) => (adapter: Adapter) =>
    adapter.createPayment(
      payment({ scene: "qr" }),
      adapter.prepare(newPayment({ scene: "qr", subject, body: subject })),
      "key",
    );
  const refunding = (reason: string) => (adapter: Adapter) =>
    adapter.refund!(payment(), withRequest(adapter, payment(), refund({ reason })));

  it.each<readonly [string, (adapter: Adapter) => Promise<unknown>]>([
    ["query", (adapter) => adapter.fetchPayment(payment())],
    ["close", (adapter) => adapter.close!(payment())],
    ["refund query", (adapter) => adapter.fetchRefund!(payment(), refund())],
    ...texts.map((text) => [`creation of a code for ${text}`, creating(text)] as const),
    ...["", ...texts].map((text) => [`refund because of ${text}`, refunding(text)] as const),
  ])("an Alipay request is the SDK's to the last byte, signature included: %s", async (_title, act) => {
    const server = await localServer(() => ({ body: "{}" }));
    await act(openAlipay({ baseUrl: server.url }));
    const [call] = server.calls;
    const query = new URL(call?.path ?? "", server.url).searchParams;
    const method = query.get("method") ?? "";
    const bizContent = JSON.parse(new URLSearchParams(call?.body).get("biz_content") ?? "");
    const notifyUrl = query.get("notify_url");
    const parameters = { timestamp: query.get("timestamp"), ...(notifyUrl && { notifyUrl }), bizContent };
    // The SDK finds no answer in `{}`.
    await expect(sdkAt(server.url).exec(method, parameters)).rejects.toThrow();
    expect(server.calls.map(sentBy)).toEqual([sentBy(call!), sentBy(call!)]);
  });

  it.each(texts)(
    "an Alipay page's link is the SDK's to the last byte, signature included: %s",
    async (text) => {
      const adapter = openAlipay({ baseUrl: "http://127.0.0.1:9" });
      const prepared = adapter.prepare(newPayment({ subject: text, body: text }));
      const created = await adapter.createPayment(payment(), prepared, "key");
      const { timestamp, notify_url: notifyUrl, return_url: returnUrl } = prepared;
      const bizContent = prepared.biz_content as object;
      const parameters = { timestamp, notifyUrl, returnUrl, bizContent };
      const signed = sdkAt("").sdkExecute("alipay.trade.page.pay", parameters, {
        bizContentAutoSnakeCase: false,
      });
      const paymentUrl = `http://127.0.0.1:9/gateway.do?${signed}`;
      expect(created).toMatchObject({ kind: "payable", payable: { paymentUrl } });
    },
  );
});
