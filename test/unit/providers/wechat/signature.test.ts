import { createPublicKey, verify } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import WxPay from "wechatpay-node-v3";
import { openResource } from "../../../../lib/providers/wechat/resource.ts";
import { signatureFault } from "../../../../lib/providers/wechat/signature.ts";
import { localServer } from "../../outbound/local-server.ts";
import { createdAt, newPayment, orderNo, payment } from "../payments.ts";
import {
  answer,
  apiV3Key,
  appId,
  encrypted,
  mchId,
  openWechat,
  ours,
  publicKeyId,
  rawCredentials,
  type Signing,
  signedHeaders,
  transaction,
} from "./merchant.ts";

const findKey = async (serial: string) =>
  serial === publicKeyId ? { key: createPublicKey(rawCredentials.public_key) } : { fault: "no such key" };

describe("WeChat Pay signature", () => {
  const body = Buffer.from('{"amount": 1230, "text":"茶"}\n');
  const fault = (signing: Signing, of = body) =>
    signatureFault({ headers: signedHeaders(body, signing), body: of }, findKey, createdAt);
  const away = (seconds: number) => ({ at: new Date(createdAt.getTime() + seconds * 1000) });

  it.each([
    ["made now", {}],
    ["made 299 s ago", away(-299)],
    ["made 299 s ahead", away(299)],
    ["without its type", { changes: { "wechatpay-signature-type": undefined } }],
  ] satisfies [string, Signing][])("WeChat Pay's signature is accepted: one %s", async (_title, signing) => {
    expect(await fault(signing)).toBe(null);
  });

  it("WeChat Pay's signature covers an empty body too", async () => {
    const empty = Buffer.alloc(0);
    expect(await signatureFault({ headers: signedHeaders(empty), body: empty }, findKey, createdAt)).toBe(
      null,
    );
  });

  it.each([
    ["older than 300 s", away(-301), /away from now/],
    ["more than 300 s ahead", away(302), /away from now/],
    ["made with another key", { key: ours.privateKey }, /does not fit/],
    [
      "with another type",
      { changes: { "wechatpay-signature-type": "WECHATPAY2-SM2-WITH-SM3" } },
      /another way/,
    ],
    ["that is a probe", { changes: { "wechatpay-signature": "WECHATPAY/SIGNTEST/AbC=" } }, /probes/],
    ["of an unknown serial number", { serial: "PUB_KEY_ID_9" }, /no such key/],
    ["with a space in it", { changes: { "wechatpay-signature": "AA AA" } }, /not signed/],
    ["that is garbage", { changes: { "wechatpay-signature": "AAAA" } }, /does not fit/],
    ["without a signature", { changes: { "wechatpay-signature": undefined } }, /not signed/],
    ["without a serial number", { changes: { "wechatpay-serial": undefined } }, /not signed/],
    ["without a nonce", { changes: { "wechatpay-nonce": undefined } }, /not signed/],
    ["with another nonce", { changes: { "wechatpay-nonce": "x" } }, /does not fit/],
    ["without a time", { changes: { "wechatpay-timestamp": undefined } }, /not signed/],
    ["with an invalid time", { changes: { "wechatpay-timestamp": "1e9" } }, /not signed/],
    [
      "with headers sent twice",
      { changes: { "wechatpay-serial": `${publicKeyId}, ${publicKeyId}` } },
      /not signed/,
    ],
  ] satisfies [string, Signing, RegExp][])(
    "WeChat Pay's signature is refused: one %s",
    async (_title, signing, message) => {
      expect(await fault(signing)).toMatch(message);
    },
  );

  it.each(["", "=", "==x", "==="])(
    "WeChat Pay's signature is refused with other padding: %s",
    async (padding) => {
      const headers = signedHeaders(body);
      const signature = headers["wechatpay-signature"]!.replace("==", padding);
      const changed = { headers: { ...headers, "wechatpay-signature": signature }, body };
      expect(await signatureFault(changed, findKey, createdAt)).toMatch(/does not fit|not signed/);
    },
  );

  it("WeChat Pay's signature fits no other body", async () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const property = fc.asyncProperty(bytes, async (other) => {
      expect(await fault({}, other)).toBe(other.equals(body) ? null : "its signature does not fit");
    });
    await fc.assert(property, { numRuns: 40 });
    expect(await fault({}, Buffer.concat([body, Buffer.from(" ")]))).toMatch(/does not fit/);
  });
});

describe("WeChat Pay encrypted content", () => {
  it.each(["transaction", "", null])(
    "WeChat Pay content decrypts with the API v3 key (associated data %o)",
    (aad) => {
      expect(openResource(open(encrypted("{茶}", aad)), apiV3Key)).toBe("{茶}");
    },
  );

  it("WeChat Pay content with one changed bit does not decrypt, which the SDK would not notice", () => {
    const notified = JSON.stringify({ amount: { total: 1 } });
    const resource = open(encrypted(notified));
    const bytes = Buffer.from(resource.ciphertext, "base64");
    bytes[notified.indexOf("1")]! ^= "1".charCodeAt(0) ^ "9".charCodeAt(0);
    const changed = { ...resource, ciphertext: bytes.toString("base64") };
    expect(sdk.decipher_gcm(changed.ciphertext, "transaction", changed.nonce, apiV3Key)).toEqual({
      amount: { total: 9 },
    });
    expect(openResource(changed, apiV3Key)).toBe(undefined);
  });

  it.each([
    ["another key", encrypted("x", "transaction", "another key of thirty-two bytes!")],
    ["other associated data", { ...encrypted("x"), associated_data: "refund" }],
    ["another nonce", { ...encrypted("x"), nonce: "123456789012" }],
    ["a nonce of one byte", { ...encrypted("x"), nonce: "1" }],
    ["a truncated tag", { ...encrypted("x"), ciphertext: encrypted("x").ciphertext.slice(0, -8) }],
    ["an empty ciphertext", { ...encrypted("x"), ciphertext: "" }],
  ])("WeChat Pay content does not decrypt with %s", (_title, resource) => {
    expect(openResource(open(resource), apiV3Key)).toBe(undefined);
  });

  function open(resource: object) {
    return { algorithm: "AEAD_AES_256_GCM" as const, ciphertext: "", nonce: "", ...resource };
  }
});

const sdk = new WxPay({
  appid: appId,
  mchid: mchId,
  serial_no: rawCredentials.serial_no,
  privateKey: Buffer.from(rawCredentials.private_key),
  publicKey: Buffer.from("unused"),
});

describe("WeChat Pay request signature", () => {
  const calls = async (act: (adapter: ReturnType<typeof openWechat>) => Promise<unknown>) => {
    const server = await localServer(() => answer(transaction()));
    await act(openWechat({ baseUrl: server.url }));
    return server.calls;
  };
  const authorization = (header = "") => {
    const [scheme, fields = ""] = header.split(" ");
    expect(scheme).toBe("WECHATPAY2-SHA256-RSA2048");
    return Object.fromEntries(fields.split(",").map((field) => /^(\w+)="(.*)"$/.exec(field)!.slice(1)));
  };

  it.each([
    ["GET", (adapter: ReturnType<typeof openWechat>) => adapter.fetchPayment(payment())],
    ["POST", (adapter: ReturnType<typeof openWechat>) => adapter.close!(payment())],
    [
      "POST",
      (adapter: ReturnType<typeof openWechat>) =>
        adapter.createPayment(payment(), adapter.prepare(newPayment({ subject: '茶 "&" 😀' })), "key"),
    ],
  ])("our WeChat Pay signature covers method, path, time, nonce and body (%s %#)", async (method, act) => {
    const [call] = await calls(act);
    const provided = authorization(call?.headers.authorization);
    expect(provided).toMatchObject({ mchid: mchId, serial_no: rawCredentials.serial_no });
    expect(provided.timestamp).toBe(String(Math.floor(createdAt.getTime() / 1000)));
    expect(provided.nonce_str).toMatch(/^[0-9a-f]{32}$/);
    const text = `${method}\n${call?.path}\n${provided.timestamp}\n${provided.nonce_str}\n${call?.body}\n`;
    const signature = Buffer.from(provided.signature ?? "", "base64");
    expect(verify("sha256", Buffer.from(text), ours.publicKey, signature)).toBe(true);
    expect(call?.headers["wechatpay-serial"]).toBe(publicKeyId);
  });

  it("our WeChat Pay signature never reuses a nonce", async () => {
    const all = await calls(async (adapter) => {
      for (let count = 0; count < 5; count += 1) await adapter.fetchPayment(payment());
    });
    const nonces = all.map(({ headers }) => authorization(headers.authorization).nonce_str);
    expect(new Set(nonces).size).toBe(5);
  });

  it("our WeChat Pay signature is made again for a repeat on a new connection", async () => {
    const server = await localServer((_call, count) => (count === 2 ? "reset" : answer(transaction())));
    const adapter = openWechat({ baseUrl: server.url });
    await adapter.fetchPayment(payment());
    expect(await adapter.close!(payment())).toMatchObject([{ kind: "closed" }]);
    const [, broken, repeated] = server.calls;
    expect(repeated).toMatchObject({ path: broken?.path, body: broken?.body });
    expect(repeated?.headers.authorization).not.toBe(broken?.headers.authorization);
  });

  it("our WeChat Pay requests are those that the SDK would send", async () => {
    const input: [string, string, string][] = [];
    const path = (url: string) => url.replace("https://api.mch.weixin.qq.com", "");
    const ask = async (method: string, url: string, body: string) => {
      input.push([method, path(url), body]);
      return { status: 200 };
    };
    sdk.createHttp({
      get: (url) => ask("GET", url, ""),
      post: (url, params) => ask("POST", url, JSON.stringify(params)),
      upload: (url) => ask("upload", url, ""),
    });
    await sdk.query({ out_trade_no: orderNo });
    await sdk.close(orderNo);
    const requested = await calls(async (adapter) => {
      await adapter.fetchPayment(payment());
      await adapter.close!(payment());
    });
    expect(requested.map(({ method, path, body }) => [method, path, body])).toEqual(input);
  });
});
