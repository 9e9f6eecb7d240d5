import { constants, type KeyObject, sign, verify } from "node:crypto";

/** The only scheme of APIv3: RSASSA-PKCS1-v1_5 with SHA-256. */
export const scheme = "WECHATPAY2-SHA256-RSA2048";

/** Prefix of a deliberately invalid signature (pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay4_1.shtml). */
export const probePrefix = "WECHATPAY/SIGNTEST/";

/** The text that a merchant signs. `target` is the path with its query as sent, `body` is "" for GET. */
export function requestText(
  call: { method: string; target: string; body: string },
  timestamp: string,
  nonce: string,
): string {
  return `${call.method}\n${call.target}\n${timestamp}\n${nonce}\n${call.body}\n`;
}

/** The text that WeChat signs in answers and notices; an empty body leaves an empty line. */
export function answerText(timestamp: string, nonce: string, body: string): string {
  return `${timestamp}\n${nonce}\n${body}\n`;
}

/** The signature of `text` in base64. */
export function signText(text: string, key: KeyObject): string {
  return sign("sha256", Buffer.from(text), { key, padding: constants.RSA_PKCS1_PADDING }).toString("base64");
}

/** Whether `signature` (base64) is that of `text`. */
export function verifiesText(text: string, signature: string, key: KeyObject): boolean {
  return verify("sha256", Buffer.from(text), key, Buffer.from(signature, "base64"));
}
