import type { KeyObject } from "node:crypto";
import { signatureFits } from "../rsa.ts";

/** In both directions. */
const toleranceSeconds = 300;

/** Start of deliberately wrong signatures, with which WeChat Pay tests whether they are checked. */
const probePrefix = "WECHATPAY/SIGNTEST/";

type SignedHeaders = Record<string, string | string[] | undefined>;

/** The key of WeChat Pay with this serial number or id, or why there is none. */
export type FindKey = (serial: string) => Promise<{ key: KeyObject } | { fault: string }>;

/**
 * What is wrong with WeChat Pay's signature over the raw body (empty or not) of a webhook or an answer; `null`:
 * nothing. https://pay.weixin.qq.com/docs/merchant/development/interface-rules/build-verify-sign-src.html
 */
export async function signatureFault(
  { headers, body }: { headers: SignedHeaders; body: Buffer },
  findKey: FindKey,
  now: Date,
): Promise<string | null> {
  const read = (name: string, form: RegExp) => {
    const value = headers[`wechatpay-${name}`];
    return typeof value === "string" && form.test(value) ? value : undefined;
  };
  const timestamp = read("timestamp", /^\d{1,12}$/);
  const nonce = read("nonce", /^\S{1,128}$/);
  // Node's decoder would ignore characters that are not base64, and everything after the padding.
  const signature = read("signature", /^[0-9A-Za-z+/]{1,2048}={0,2}$/);
  const serial = read("serial", /^\w{1,128}$/);
  if (!timestamp || !nonce || !signature || !serial) return "it is not signed";
  if (
    headers["wechatpay-signature-type"] !== undefined &&
    !read("signature-type", /* mutation: wechat-signature-type */ /^WECHATPAY2-SHA256-RSA2048$/)
  )
    return "it is signed in another way than RSA with SHA-256";
  // mutation: wechat-probe
  if (signature.startsWith(probePrefix)) return "its signature is one of WeChat Pay's probes";
  // Before the key is searched for: an old or forged message must not cause a download.
  if (
    /* mutation: wechat-message-age */ Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds
  )
    return `it was signed more than ${toleranceSeconds} s away from now`;

  const found = await findKey(serial);
  if ("fault" in found) return found.fault;
  const text = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from("\n")]);
  return signatureFits(text, signature, found.key)
    ? null
    : /* mutation: wechat-signature */ "its signature does not fit";
}

/** Whether there is a signature, valid or not. */
export function isSigned(headers: SignedHeaders): boolean {
  return headers["wechatpay-signature"] !== undefined;
}
