import { createCipheriv, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { wechat } from "../../../../lib/providers/wechat/wechat.ts";
import { newSigner } from "../../../../scripts/sandbox/kernel/certificate.ts";
import type { Reply } from "../../outbound/local-server.ts";
import { createdAt, orderNo } from "../payments.ts";

const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
/** The key pairs of the merchant and of WeChat Pay in public-key mode. */
export const ours = pair();
export const theirs = pair();
/** Two platform certificates, as during the replacement of one by the other. */
export const platform = [newSigner("Tenpay", createdAt), newSigner("Tenpay", createdAt)] as const;

export const appId = "wxd678efh567hg6787";
export const mchId = "1900000109";
export const publicKeyId = "PUB_KEY_ID_0114232134912410000000000000";
export const apiV3Key = "canaryKeyOfThirtyTwoBytes1234567";
export const transactionId = "4200000985202511230000000001";

const text = (key: KeyObject, type: "pkcs8" | "spki") => key.export({ type, format: "pem" }).toString();

export const certificateMode = {
  app_id: appId,
  mch_id: mchId,
  serial_no: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
  api_v3_key: apiV3Key,
  private_key: text(ours.privateKey, "pkcs8"),
};

export const rawCredentials = {
  ...certificateMode,
  public_key_id: publicKeyId,
  public_key: text(theirs.publicKey, "spki"),
};

export function openWechat({
  baseUrl,
  now = createdAt,
  clock = { now: () => new Date(now) },
  credentials = rawCredentials,
}: {
  baseUrl?: string;
  now?: Date | string;
  clock?: { now(): Date };
  credentials?: Record<string, unknown>;
} = {}) {
  return wechat.open(wechat.credentials.parse(credentials), { clock, baseUrl });
}

export type Signing = {
  key?: KeyObject;
  serial?: string;
  at?: Date;
  changes?: Record<string, string | undefined>;
};

/** The headers with which WeChat Pay signs `body`, in a webhook or an answer. */
export function signedHeaders(body: string | Buffer, signing: Signing = {}): Record<string, string> {
  const { key = theirs.privateKey, serial = publicKeyId, at = createdAt, changes = {} } = signing;
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const nonce = randomBytes(16).toString("hex");
  const covered = Buffer.concat([
    Buffer.from(`${timestamp}\n${nonce}\n`),
    Buffer.from(body),
    Buffer.from("\n"),
  ]);
  const headers = {
    "wechatpay-timestamp": timestamp,
    "wechatpay-nonce": nonce,
    "wechatpay-signature": sign("sha256", covered, key).toString("base64"),
    "wechatpay-serial": serial,
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** A signed answer of the API; empty if `content` is undefined. */
export function answer(content: unknown, status = 200, signing?: Signing): Exclude<Reply, string> {
  const body = content === undefined ? "" : JSON.stringify(content);
  return { status, headers: signedHeaders(body, signing), body };
}

/** A signed refusal in WeChat Pay's format. */
export function refusal(status: number, code: string, detail?: object) {
  return answer({ code, message: "a reason", ...(detail && { detail }) }, status);
}

/** `plain` as WeChat Pay encrypts it for a merchant. */
export function encrypted(plain: string, aad: string | null = "transaction", key = apiV3Key) {
  const nonce = randomBytes(6).toString("hex");
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key), Buffer.from(nonce), { authTagLength: 16 });
  if (aad !== null) cipher.setAAD(Buffer.from(aad));
  const bytes = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return {
    algorithm: "AEAD_AES_256_GCM",
    ciphertext: bytes.toString("base64"),
    ...(aad === null ? {} : { associated_data: aad }),
    nonce,
  };
}

/** A transaction, as in the answer to a query and in a notice. */
export function transaction(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    appid: appId,
    mchid: mchId,
    out_trade_no: orderNo,
    transaction_id: transactionId,
    trade_type: "NATIVE",
    trade_state: "SUCCESS",
    trade_state_desc: "支付成功",
    attach: "shop-1",
    success_time: "2025-11-23T20:00:59+08:00",
    amount: { total: 1230, payer_total: 1200, currency: "CNY", payer_currency: "CNY" },
    ...changes,
  };
}

/** The event that fetchPayment, close and parseWebhook give for that transaction. */
export const paid = {
  kind: "paid",
  orderNo,
  account: mchId,
  amount: { minor: 1230, currency: "CNY" },
  tradeNo: transactionId,
  paidAt: new Date("2025-11-23T12:00:59Z"),
  objectId: null,
};

/** A webhook about `content`. */
export function noticeCall(
  content: unknown,
  {
    type = "TRANSACTION.SUCCESS",
    resource = encrypted(JSON.stringify(content)),
    signing,
  }: {
    type?: string;
    resource?: object;
    signing?: Signing;
  } = {},
) {
  const notified = {
    id: "EV-2025112320005900000",
    create_time: "2025-11-23T20:00:59+08:00",
    resource_type: "encrypt-resource",
    event_type: type,
    summary: "支付成功",
    resource: { original_type: "transaction", ...resource },
  };
  const body = Buffer.from(JSON.stringify(notified));
  return { body, headers: signedHeaders(body, signing) };
}
