import { describe, expect, it } from "vitest";
import { aReceiver } from "./receiver.ts";
import { aSandbox, eventually } from "./sandbox.ts";
import { aWechatMerchant } from "./wechat-merchant.ts";

async function anOpenOrder(mode?: string) {
  const [sandbox, receiver] = [await aSandbox(), await aReceiver()];
  receiver.answer = { status: 204, body: "" };
  const merchant = await aWechatMerchant(sandbox, mode);
  await merchant.create({ notify_url: receiver.url });
  const control = (name: string, body = {}) =>
    sandbox.control("wechat", name, { order_no: "ORDER1", ...body });
  return { sandbox, receiver, merchant, control };
}

// pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_5.shtml
describe("WeChat simulator: payment notices", () => {
  it("a WeChat simulator notice is signed, encrypted with the APIv3 key, and equals the query's answer", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    await control("pay");
    await sandbox.attempts("wechat", 1);
    const notice = merchant.read(receiver.received[0]);
    expect(notice).toMatchObject({
      id: expect.stringMatching(/^EV-\d{21}$/),
      create_time: expect.stringMatching(/\+08:00$/),
      event_type: "TRANSACTION.SUCCESS",
      resource_type: "encrypt-resource",
      resource: {
        algorithm: "AEAD_AES_256_GCM",
        original_type: "transaction",
        associated_data: "transaction",
      },
    });
    expect(notice.resource.opened).toEqual((await merchant.query()).body);
    expect(receiver.received[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "wechatpay-serial": merchant.credentials.public_key_id,
      "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    });
  });

  it("a WeChat simulator notice cannot be decrypted with another key or after a changed bit", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    await control("pay");
    await sandbox.attempts("wechat", 1);
    const { resource } = JSON.parse(receiver.received[0]?.body ?? "");
    const other = await aWechatMerchant(sandbox);
    expect(() => other.open(resource)).toThrow("authenticate");
    const bytes = Buffer.from(resource.ciphertext, "base64");
    bytes[0] = bytes[0]! ^ 1;
    expect(() => merchant.open({ ...resource, ciphertext: bytes.toString("base64") })).toThrow(
      "authenticate",
    );
    expect(() => merchant.open({ ...resource, associated_data: "" })).toThrow("authenticate");
  });

  // 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, in all 24 h 4 min.
  it("a WeChat simulator notice is retried on WeChat's schedule, with the same id and a new signature", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    receiver.answer = { status: 201, body: "" };
    await control("pay");
    const waits = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600];
    let expected = 1;
    for (const wait of waits) {
      await sandbox.attempts("wechat", expected);
      sandbox.clock.advance(wait * 1000);
      expected += 1;
    }
    const lines = await sandbox.attempts("wechat", 16);
    expect(lines.map(({ outcome }) => outcome)).toEqual(Array(16).fill("refused"));
    const notices = receiver.received.map((received) => merchant.read(received));
    expect(new Set(notices.map(({ id }) => id)).size).toBe(1);
    const nonces = receiver.received.map(({ headers }) => headers["wechatpay-nonce"]);
    expect(new Set(nonces).size).toBe(16);
  });

  it.each([200, 204])("a WeChat simulator notice is not retried after a %d", async (status) => {
    const { sandbox, receiver, control } = await anOpenOrder();
    receiver.answer = { status: 500, body: '{"code":"FAIL","message":"later"}' };
    await control("pay");
    await sandbox.attempts("wechat", 1);
    receiver.answer = { status, body: "" };
    sandbox.clock.advance(15_000);
    const lines = await sandbox.attempts("wechat", 2);
    expect(lines[1]).toMatchObject({ attempt: 2, status, outcome: "accepted" });
  });

  it("the WeChat simulator sends no notice about an order that was closed unpaid", async () => {
    const { sandbox, merchant } = await anOpenOrder();
    await merchant.sdk.close("ORDER1");
    expect((await sandbox.control("wechat", "resend", { order_no: "ORDER1" })).status).toBe(409);
  });

  it("the control route resend sends a WeChat simulator notice again with the same id", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    await control("pay");
    await sandbox.attempts("wechat", 1);
    expect((await control("resend")).status).toBe(200);
    await sandbox.attempts("wechat", 2);
    const [first, again] = receiver.received.map((received) => merchant.read(received));
    expect(again.id).toBe(first.id);
  });

  it("a WeChat simulator notice is signed by a certificate for a merchant without the public key", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder("certificate");
    const [serial] = await merchant.fetchCertificates();
    await control("pay");
    await sandbox.attempts("wechat", 1);
    const [received] = receiver.received;
    expect(merchant.signerOf(received?.headers ?? {}, received?.body ?? "")).toBe(serial);
  });

  // developers.weixin.qq.com/community/develop/doc/0004e8c40b09182972936db6d69400
  it("WeChat simulator notices are signed by either key while a merchant migrates to the public key", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder("both");
    const [serial] = await merchant.fetchCertificates();
    await control("pay");
    await sandbox.attempts("wechat", 1);
    await control("resend");
    await sandbox.attempts("wechat", 2);
    const signers = receiver.received.map(({ headers, body }) => merchant.signerOf(headers, body));
    expect(signers).toEqual([merchant.credentials.public_key_id, serial]);
  });
});

describe("WeChat simulator: notice faults", () => {
  it("the fault signature_probes sends a WeChat notice with an invalid signature, and a valid retry", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    await sandbox.control("wechat", "faults", { signature_probes: true, times: 1 });
    receiver.answer = { status: 401, body: "" };
    await control("pay");
    await sandbox.attempts("wechat", 1);
    expect(receiver.received[0]?.headers["wechatpay-signature"]).toMatch(/^WECHATPAY\/SIGNTEST\//);
    expect(() => merchant.read(receiver.received[0])).toThrow("not validly signed");
    sandbox.clock.advance(15_000);
    await sandbox.attempts("wechat", 2);
    expect(merchant.read(receiver.received[1]).event_type).toBe("TRANSACTION.SUCCESS");
  });

  it("the fault wrong_amount sends a validly signed and encrypted WeChat notice with one fen more", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    await sandbox.control("wechat", "faults", { wrong_amount: true });
    await control("pay");
    await sandbox.attempts("wechat", 1);
    expect(merchant.read(receiver.received[0]).resource.opened.amount.total).toBe(1235);
  });

  it("the faults tamper and unsigned send a WeChat notice without a valid signature", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    await sandbox.control("wechat", "faults", { tamper: true });
    await control("pay");
    await sandbox.attempts("wechat", 1);
    expect(() => merchant.read(receiver.received[0])).toThrow("not validly signed");
    await sandbox.control("wechat", "faults", { unsigned: true });
    await control("resend");
    await sandbox.attempts("wechat", 2);
    expect(receiver.received[1]?.headers).not.toHaveProperty("wechatpay-signature");
  });

  it("the fault rotate_certificates signs a WeChat notice with a new certificate", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder("certificate");
    await merchant.fetchCertificates();
    await sandbox.control("wechat", "faults", { rotate_certificates: true });
    await control("pay");
    await sandbox.attempts("wechat", 1);
    expect(() => merchant.read(receiver.received[0])).toThrow("not validly signed");
    await merchant.fetchCertificates();
    expect(merchant.read(receiver.received[0]).event_type).toBe("TRANSACTION.SUCCESS");
  });

  it("the fault rotate_certificates is refused for a provider without certificates", async () => {
    const sandbox = await aSandbox();
    const answer = await sandbox.control("alipay", "faults", { rotate_certificates: true });
    expect(answer.status).toBe(400);
  });

  it("the fault duplicate sends the same WeChat notice twice", async () => {
    const { sandbox, receiver, merchant, control } = await anOpenOrder();
    await sandbox.control("wechat", "faults", { duplicate: true });
    await control("pay");
    await sandbox.attempts("wechat", 2);
    await eventually(() => expect(receiver.received).toHaveLength(2));
    const ids = receiver.received.map((received) => merchant.read(received).id);
    expect(ids[0]).toBe(ids[1]);
  });
});
