import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { aSandbox } from "./sandbox.ts";
import { aWechatMerchant } from "./wechat-merchant.ts";

const minute = 60_000;

async function merchantOf(mode?: string) {
  const sandbox = await aSandbox();
  return { sandbox, merchant: await aWechatMerchant(sandbox, mode) };
}

// pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay4_0.shtml
describe("WeChat simulator: request signatures", () => {
  it("the WeChat simulator accepts requests signed by the SDK: GET with a query, POST with a body", async () => {
    const { merchant } = await merchantOf();
    const created = await merchant.sdk.transactions_native({
      description: "tea",
      out_trade_no: "ORDER1",
      notify_url: "https://merchant.example/hook",
      amount: { total: 1 },
    });
    expect(created).toMatchObject({ status: 200, signedBy: merchant.credentials.public_key_id });
    const found = await merchant.sdk.query({ out_trade_no: "ORDER1" });
    expect(found).toMatchObject({ status: 200, body: { trade_state: "NOTPAY" } });
  });

  it.each([
    ["another body", (request: RequestInit) => (request.body = '{"mchid":"1"}')],
    ["another path", (request: { url: string }) => (request.url = request.url.replace("ORDER1", "ORDER2"))],
    ["another query", (request: { url: string }) => (request.url += "?a=1")],
    ["another method", (request: RequestInit) => (request.method = "PUT")],
  ])("the WeChat simulator refuses %s than was signed, with an unsigned answer", async (_, change) => {
    const { merchant } = await merchantOf();
    const target = "/v3/pay/transactions/out-trade-no/ORDER1/close";
    const answer = await merchant.call("POST", target, { mchid: merchant.mchId }, { changed: change });
    expect(answer).toMatchObject({
      status: 401,
      body: { code: "SIGN_ERROR", detail: { field: "signature", location: "authorization" } },
      signedBy: null,
    });
    expect(answer.headers).not.toHaveProperty("wechatpay-signature");
  });

  it.each([
    ["no header", () => undefined],
    ["another scheme", (header: string) => header.replace("RSA2048", "SM3")],
    ["a field twice", (header: string) => `${header},mchid="1"`],
    ["a missing field", (header: string) => header.replace(/nonce_str="[^"]*",/, "")],
    ["an unknown merchant", (header: string) => header.replace(/mchid="\d+"/, 'mchid="1600000000"')],
    ["another certificate's serial", (header: string) => header.replace(/serial_no="./, 'serial_no="X')],
    ["another timestamp", (header: string) => header.replace(/timestamp="\d+"/, 'timestamp="1400000000"')],
  ])("the WeChat simulator refuses %s in Authorization", async (_, change) => {
    const { merchant } = await merchantOf();
    const changed = (request: RequestInit) => {
      const { authorization, ...others } = request.headers as Record<string, string>;
      const altered = change(String(authorization));
      request.headers = altered === undefined ? others : { ...others, authorization: altered };
    };
    const answer = await merchant.call("GET", "/v3/certificates", undefined, { changed });
    expect(answer).toMatchObject({ status: 401, body: { code: "SIGN_ERROR" }, signedBy: null });
  });

  it("the WeChat simulator refuses a request that is more than five minutes old", async () => {
    const { sandbox, merchant } = await merchantOf();
    await merchant.create();
    const late = { changed: () => sandbox.clock.advance(5 * minute + 2000) };
    const target = `/v3/pay/transactions/out-trade-no/ORDER1?mchid=${merchant.mchId}`;
    const answer = await merchant.call("GET", target, undefined, late);
    expect(answer).toMatchObject({ status: 401, body: { detail: { field: "timestamp" } } });
    expect((await merchant.query()).status).toBe(200);
  });

  it("the WeChat simulator refuses a reused nonce even with a valid signature", async () => {
    const { merchant } = await merchantOf();
    await merchant.create();
    const target = `/v3/pay/transactions/out-trade-no/ORDER1?mchid=${merchant.mchId}`;
    const ask = () => merchant.call("GET", target, undefined, { nonce: "0123456789" });
    expect((await ask()).status).toBe(200);
    expect(await ask()).toMatchObject({ status: 401, body: { detail: { field: "nonce_str" } } });
  });

  // pay.weixin.qq.com/doc/v3/merchant/4012081709
  it("the WeChat simulator refuses a call without User-Agent, and a POST without the JSON content type", async () => {
    const { merchant } = await merchantOf();
    const with_ = (name: string, value: string) => ({
      changed: (request: RequestInit) => {
        request.headers = { ...(request.headers as Record<string, string>), [name]: value };
      },
    });
    const target = "/v3/pay/transactions/native";
    const nameless = await merchant.call("POST", target, merchant.input(), with_("user-agent", ""));
    expect(nameless).toMatchObject({ status: 400, body: { code: "PARAM_ERROR" } });
    const plain = await merchant.call("POST", target, merchant.input(), with_("content-type", "text/plain"));
    expect(plain).toMatchObject({ status: 400, body: { code: "PARAM_ERROR" } });
  });
});

// pay.weixin.qq.com/doc/v3/partner/4012925289: the request's Wechatpay-Serial selects the signing key.
describe("WeChat simulator: answer signatures", () => {
  it("the WeChat simulator signs with the public key for a merchant without certificates", async () => {
    const { merchant } = await merchantOf();
    const id = merchant.credentials.public_key_id ?? "";
    expect(id).toMatch(/^PUB_KEY_ID_/);
    expect((await merchant.create()).signedBy).toBe(id);
    const answer = await merchant.call("GET", "/v3/certificates", undefined, { serial: id });
    expect(answer).toMatchObject({ status: 404, body: { code: "RESOURCE_NOT_EXISTS" }, signedBy: id });
  });

  it("the WeChat simulator signs with an X.509 platform certificate, which is downloaded encrypted", async () => {
    const { merchant } = await merchantOf("certificate");
    expect(merchant.credentials).not.toHaveProperty("public_key_id");
    const { body } = await merchant.call("GET", "/v3/certificates");
    const [{ serial_no, encrypt_certificate, effective_time, expire_time }] = body.data;
    const certificate = new X509Certificate(merchant.open(encrypt_certificate));
    expect(certificate.serialNumber).toBe(serial_no);
    expect(new Date(certificate.validFrom)).toEqual(new Date(effective_time));
    expect(new Date(certificate.validTo)).toEqual(new Date(expire_time));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    await merchant.fetchCertificates();
    expect((await merchant.create()).signedBy).toBe(serial_no);
  });

  it("the WeChat simulator signs with the key in Wechatpay-Serial, and by default with the certificate", async () => {
    const { merchant } = await merchantOf("both");
    const [serial] = await merchant.fetchCertificates();
    expect((await merchant.create()).signedBy).toBe(serial);
    const id = merchant.credentials.public_key_id ?? "";
    const requested = await merchant.call("GET", "/v3/certificates", undefined, { serial: id });
    expect(requested.signedBy).toBe(id);
  });

  it("the WeChat simulator refuses a Wechatpay-Serial that is not one of the merchant's", async () => {
    const { merchant } = await merchantOf();
    const answer = await merchant.call("GET", "/v3/certificates", undefined, { serial: "PUB_KEY_ID_0" });
    expect(answer).toMatchObject({ status: 400, body: { code: "PARAM_ERROR" } });
  });

  it("the WeChat simulator signs the empty body of a 204", async () => {
    const { merchant } = await merchantOf();
    await merchant.create();
    const closed = await merchant.sdk.close("ORDER1");
    expect(closed).toMatchObject({
      status: 204,
      text: "",
      signedBy: merchant.credentials.public_key_id,
    });
  });

  it("the WeChat simulator signs with a new certificate after rotate_certificates, the old stays valid", async () => {
    const { sandbox, merchant } = await merchantOf("certificate");
    const [old] = await merchant.fetchCertificates();
    const fault = await sandbox.control("wechat", "faults", { rotate_certificates: true });
    expect(fault.status).toBe(200);
    expect((await merchant.create()).signedBy).toBeNull();
    const serials = await merchant.fetchCertificates();
    expect(serials).toEqual([old, expect.stringMatching(/^[0-9A-F]{40}$/)]);
    expect((await merchant.query()).signedBy).toBe(serials[1]);
    const byOld = await merchant.call("GET", "/v3/certificates", undefined, { serial: old! });
    expect(byOld.signedBy).toBe(old);
  });

  it("the WeChat simulator signs invalidly under signature_probes, and not at all under unsigned", async () => {
    const { sandbox, merchant } = await merchantOf();
    await sandbox.control("wechat", "faults", { signature_probes: true, times: 1 });
    const probed = await merchant.create();
    expect(probed).toMatchObject({ status: 200, signedBy: null });
    expect(probed.headers["wechatpay-signature"]).toMatch(/^WECHATPAY\/SIGNTEST\//);
    expect((await merchant.create()).signedBy).not.toBeNull();
    await sandbox.control("wechat", "faults", { unsigned: true });
    expect((await merchant.create()).headers).not.toHaveProperty("wechatpay-signature");
  });
});
