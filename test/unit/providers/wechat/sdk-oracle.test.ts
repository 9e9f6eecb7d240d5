import { describe, expect, it } from "vitest";
import WxPay from "wechatpay-node-v3";
import { localServer } from "../../outbound/local-server.ts";
import { newPayment, orderNo, payment, refund, withRequest } from "../payments.ts";
import { answer, appId, mchId, openWechat, rawCredentials, transaction } from "./merchant.ts";

const sdk = new WxPay({
  appid: appId,
  mchid: mchId,
  serial_no: rawCredentials.serial_no,
  privateKey: Buffer.from(rawCredentials.private_key),
  // Not read when the serial number is given.
  publicKey: Buffer.from("unused"),
});

/** What the SDK would send: it hands its requests to the service given to `createHttp`. */
async function sentBySdk(act: () => Promise<unknown>) {
  const sent: { method: string; path: string; body: string; type: unknown }[] = [];
  const keep = (method: string) => async (url: string, body: string, headers: Record<string, unknown>) => {
    const path = url.replace("https://api.mch.weixin.qq.com", "");
    sent.push({ method, path, body, type: headers["Content-Type"] });
    return { status: 200 };
  };
  sdk.createHttp({
    get: (url, headers) => keep("GET")(url, "", headers),
    post: (url, params, headers) => keep("POST")(url, JSON.stringify(params), headers),
    upload: (url, _params, headers) => keep("upload")(url, "", headers),
  });
  await act();
  return sent;
}

const texts = ["Tea", '茶 "&" 😀', "a\\b\u2028c\nd", "茶".repeat(100)];
type Adapter = ReturnType<typeof openWechat>;
type Act = (adapter: Adapter) => Promise<unknown>;
type Member = [string, Act, (body: Record<string, never>) => Promise<unknown>];

const creating = (subject: string): Member => [
  `creation for ${subject}`,
  (adapter) => adapter.createPayment(payment(), adapter.prepare(newPayment({ subject })), "key"),
  (body) => sdk.transactions_native(body as never),
];
const refunding = (reason: string): Member => [
  `refund because of ${reason}`,
  (adapter) => adapter.refund!(payment(), withRequest(adapter, payment(), refund({ reason }))),
  (body) => sdk.refunds(body as never),
];

describe("WeChat Pay requests and the SDK's", () => {
  it.each<Member>([
    ["query", (adapter) => adapter.fetchPayment(payment()), () => sdk.query({ out_trade_no: orderNo })],
    ["close", (adapter) => adapter.close!(payment()), () => sdk.close(orderNo)],
    [
      "refund query",
      (adapter) => adapter.fetchRefund!(payment(), refund()),
      () => sdk.find_refunds(refund().providerRefundNo),
    ],
    ...texts.map(creating),
    ...["", ...texts].map(refunding),
  ])(
    "a WeChat Pay request is the SDK's to the last byte, signature included: %s",
    async (_title, act, bySdk) => {
      const server = await localServer(() => answer(transaction()));
      await act(openWechat({ baseUrl: server.url }));
      const [call] = server.calls;
      const { method = "", path = "", body = "", headers = {} } = call ?? {};
      const sent = await sentBySdk(() => bySdk(JSON.parse(body || "null")));
      expect([{ method, path, body, type: headers["content-type"] }]).toEqual(sent);
      const [, nonce = "", timestamp = ""] =
        /nonce_str="(\w+)",timestamp="(\d+)"/.exec(headers.authorization ?? "") ?? [];
      const signature = sdk.getSignature(method, nonce, timestamp, path, body);
      expect(headers.authorization).toBe(sdk.getAuthorization(nonce, timestamp, signature));
    },
  );
});
