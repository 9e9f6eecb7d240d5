import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomUUID,
  sign,
  verify,
  X509Certificate,
} from "node:crypto";
import WxPay from "wechatpay-node-v3";
import type { IPayRequest } from "wechatpay-node-v3/dist/define.js";
import { toBeijing } from "../../scripts/sandbox/wechat/beijing-time.ts";
import type { Received } from "./receiver.ts";
import type { TestSandbox } from "./sandbox.ts";

/** An answer whose signature was checked: `signedBy` is the key that verifies it, null when none does. */
export type WechatAnswer = {
  status: number;
  headers: Record<string, string>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many forms
  body: any;
  signedBy: string | null;
};

type Encrypted = { ciphertext: string; nonce: string; associated_data: string };

/** A merchant whose requests are signed by the SDK or by hand; answers and notices are verified by hand. */
export type WechatMerchant = {
  credentials: Record<string, string>;
  mchId: string;
  /** The SDK, which signs; its requests go to the simulator. */
  sdk: WxPay;
  /** The body of a create call, with changes; `undefined` removes a member. */
  input(changes?: object): Record<string, unknown>;
  /**
   * Signs with the sandbox's clock. `changed` alters the request after signing, `serial` is sent as Wechatpay-Serial.
   */
  call(method: "GET" | "POST", target: string, body?: object, how?: How): Promise<WechatAnswer>;
  create(changes?: object): Promise<WechatAnswer>;
  query(outTradeNo?: string): Promise<WechatAnswer>;
  refund(changes?: object): Promise<WechatAnswer>;
  /** Serial of the known key that signed the message, or null. */
  signerOf(headers: Record<string, unknown>, body: string): string | null;
  /** Decrypts with the APIv3 key. Throws when any bit was changed. */
  open(encrypted: Encrypted): string;
  /** A notice's content, after its signature and authentication tag were checked. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into notices of many forms
  read(received: Received | undefined): any;
  /** Downloads the platform certificates, trusts them, and returns their serial numbers. */
  fetchCertificates(): Promise<string[]>;
};

type How = { serial?: string; changed?: (request: RequestInit & { url: string }) => void; nonce?: string };

/** Opens an account. */
export async function aWechatMerchant(sandbox: TestSandbox, mode = "public_key"): Promise<WechatMerchant> {
  const { body: credentials } = await sandbox.control("wechat", "accounts", { mode });
  const base = sandbox.simulators.wechat;
  const { app_id: appId = "", mch_id: mchId = "", serial_no: serialNo = "" } = credentials;
  const privateKey = createPrivateKey(credentials.private_key ?? "");
  const keys = new Map<string, KeyObject>();
  if (credentials.public_key_id)
    keys.set(credentials.public_key_id, createPublicKey(credentials.public_key ?? ""));

  function signerOf(headers: Record<string, unknown>, body: string): string | null {
    const serial = String(headers["wechatpay-serial"]);
    const key = keys.get(serial);
    const text = `${headers["wechatpay-timestamp"]}\n${headers["wechatpay-nonce"]}\n${body}\n`;
    const signature = Buffer.from(String(headers["wechatpay-signature"]), "base64");
    return key && verify("sha256", Buffer.from(text), key, signature) ? serial : null;
  }

  async function send(url: string, request: RequestInit): Promise<WechatAnswer> {
    const answer = await fetch(url, request);
    const [text, headers] = [await answer.text(), Object.fromEntries(answer.headers)];
    const isJson = headers["content-type"]?.startsWith("application/json");
    const body = isJson ? JSON.parse(text) : undefined;
    return { status: answer.status, headers, text, body, signedBy: signerOf(headers, text) };
  }

  function authorization(method: string, target: string, body: string, nonce: string = randomUUID()): string {
    const timestamp = Math.floor(sandbox.clock.now().getTime() / 1000);
    const text = `${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`;
    const signature = sign("sha256", Buffer.from(text), privateKey).toString("base64");
    return `WECHATPAY2-SHA256-RSA2048 mchid="${mchId}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serialNo}",signature="${signature}"`;
  }

  const call: WechatMerchant["call"] = (method, target, body, { serial, changed, nonce } = {}) => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = {
      accept: "application/json",
      "user-agent": "test",
      ...(body && { "content-type": "application/json" }),
      ...(serial && { "wechatpay-serial": serial }),
      authorization: authorization(method, target, text, nonce),
    };
    const request = { url: base + target, method, headers, ...(body && { body: text }) };
    changed?.(request);
    return send(request.url, request);
  };

  const http: IPayRequest = {
    get: (url, headers) => send(rewritten(url), { headers }),
    post: (url, params, headers) =>
      send(rewritten(url), { method: "POST", headers, body: JSON.stringify(params) }),
    upload: () => Promise.reject(new Error("not used")),
  };
  const rewritten = (url: string) => url.replace("https://api.mch.weixin.qq.com", base);
  const sdk = new WxPay({
    appid: appId,
    mchid: mchId,
    serial_no: serialNo,
    publicKey: Buffer.from("unused"),
    privateKey: Buffer.from(credentials.private_key ?? ""),
  });
  sdk.createHttp(http);

  function open({ ciphertext, nonce, associated_data }: Encrypted): string {
    const encrypted = Buffer.from(ciphertext, "base64");
    const decipher = createDecipheriv("aes-256-gcm", credentials.api_v3_key ?? "", nonce);
    decipher.setAuthTag(encrypted.subarray(-16)).setAAD(Buffer.from(associated_data));
    return decipher.update(encrypted.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
  }

  const input: WechatMerchant["input"] = (changes = {}) => ({
    appid: appId,
    mchid: mchId,
    description: "茶 & <b>tea</b>",
    out_trade_no: "ORDER1",
    time_expire: toBeijing(new Date(sandbox.clock.now().getTime() + 3_600_000)),
    attach: "shop-7",
    notify_url: "https://merchant.example/hook",
    amount: { total: 1234, currency: "CNY" },
    ...changes,
  });

  return {
    credentials,
    mchId,
    sdk,
    input,
    call,
    open,
    signerOf,
    create: (changes) => call("POST", "/v3/pay/transactions/native", input(changes)),
    query: (outTradeNo = "ORDER1") =>
      call("GET", `/v3/pay/transactions/out-trade-no/${outTradeNo}?mchid=${mchId}`),
    refund: (changes) =>
      call("POST", "/v3/refund/domestic/refunds", {
        out_trade_no: "ORDER1",
        out_refund_no: "R1",
        amount: { refund: 234, total: 1234, currency: "CNY" },
        ...changes,
      }),
    read(received) {
      if (!received || !signerOf(received.headers, received.body)) throw new Error("not validly signed");
      const notice = JSON.parse(received.body);
      return { ...notice, resource: { ...notice.resource, opened: JSON.parse(open(notice.resource)) } };
    },
    async fetchCertificates() {
      const { body } = await call("GET", "/v3/certificates");
      for (const { serial_no, encrypt_certificate } of body.data) {
        keys.set(serial_no, new X509Certificate(open(encrypt_certificate)).publicKey);
      }
      return body.data.map(({ serial_no }: { serial_no: string }) => serial_no);
    },
  };
}
