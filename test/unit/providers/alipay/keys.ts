import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { alipay } from "../../../../lib/providers/alipay/alipay.ts";
import type { Reply } from "../../outbound/local-server.ts";
import { clockAt, createdAt } from "../payments.ts";

const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ours = pair();
export const theirs = pair();

export const appId = "2021000122671080";
export const sellerId = "2088102169481075";

export function pem(key: KeyObject, type: "pkcs8" | "spki" | "pkcs1"): string {
  return key.export({ type, format: "pem" }).toString();
}

export const rawCredentials = {
  app_id: appId,
  private_key: pem(ours.privateKey, "pkcs8"),
  public_key: pem(theirs.publicKey, "spki"),
  is_production: false,
};

export function openAlipay({
  baseUrl,
  now = createdAt,
  ...changes
}: {
  baseUrl?: string;
  now?: Date | string;
  seller_id?: string;
  is_production?: boolean;
} = {}) {
  const credentials = alipay.credentials.parse({ ...rawCredentials, ...changes });
  return alipay.open(credentials, { clock: clockAt(now), baseUrl });
}

/** Alipay's signature over `text`. */
export function signed(text: string, digest = "RSA-SHA256"): string {
  return createSign(digest).update(text).sign(theirs.privateKey, "base64");
}

/** An answer of the gateway to a call of `method`, signed by Alipay. */
export function gatewayAnswer(content: unknown, method: string): Exclude<Reply, string> {
  const text = JSON.stringify(content);
  return { body: `{"${method.replaceAll(".", "_")}_response":${text},"sign":"${signed(text)}"}` };
}

/** The content of an Alipay refusal. */
export function refusal(sub_code: string, code = "40004", sub_msg = "x") {
  return { code, msg: "Business Failed", sub_code, sub_msg };
}

/** A notice as Alipay signs and sends it. */
export function noticeBody(fields: Record<string, string>, signType = "RSA2", digest = "RSA-SHA256"): Buffer {
  const text = Object.keys(fields)
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
  return Buffer.from(
    new URLSearchParams({ ...fields, sign_type: signType, sign: signed(text, digest) }).toString(),
  );
}

export function notice(changes: Record<string, string> = {}): Record<string, string> {
  return {
    notify_id: "2025112300222120000000000000000001",
    notify_type: "trade_status_sync",
    notify_time: "2025-11-23 20:01:00",
    charset: "utf-8",
    version: "1.0",
    app_id: appId,
    seller_id: sellerId,
    out_trade_no: "UNI20251123120000ABCDEFGHJKMNPQR",
    trade_no: "2025112322001400000500000001",
    trade_status: "TRADE_SUCCESS",
    total_amount: "12.30",
    gmt_payment: "2025-11-23 20:00:59",
    subject: "茶 & 100%",
    body: "",
    ...changes,
  };
}
