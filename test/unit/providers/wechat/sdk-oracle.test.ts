import { describe, expect, it } from "vitest";
import WxPay from "wechatpay-node-v3";
import { localServer } from "../../outbound/local-server.ts";
import { newPayment, payment } from "../payments.ts";
import { openWechat, rawCredentials } from "./merchant.ts";

// The oracle is wechatpay-node-v3 2.2.1, which builds the same header from method, path, time, nonce and body.
const sdk = new WxPay({
  appid: rawCredentials.app_id,
  mchid: rawCredentials.mch_id,
  serial_no: rawCredentials.serial_no,
  privateKey: Buffer.from(rawCredentials.private_key),
  publicKey: Buffer.from(rawCredentials.public_key),
});

describe("requests to WeChat Pay", () => {
  it.each([
    ["a create", newPayment({ scene: "native" })],
    [
      "a create with Chinese text and quotes",
      newPayment({ scene: "native", subject: '茶 "一"', body: "杯\\" }),
    ],
  ])("%s is signed as wechatpay-node-v3 signs it", async (_what, input) => {
    const server = await localServer(() => ({ status: 500 }));
    const adapter = openWechat({ baseUrl: server.url });
    await adapter.createPayment(payment({ scene: "native" }), adapter.prepare(input), "key");
    await adapter.fetchPayment(payment({ scene: "native" }));
    expect(server.calls.map(({ method }) => method)).toEqual(["POST", "GET"]);
    for (const { method, path, headers, body } of server.calls) {
      const [, nonce = "", timestamp = ""] =
        /nonce_str="(\w+)",timestamp="(\d+)"/.exec(headers.authorization ?? "") ?? [];
      const signature = sdk.getSignature(method, nonce, timestamp, path, body);
      expect(headers.authorization).toBe(sdk.getAuthorization(nonce, timestamp, signature));
    }
  });
});
