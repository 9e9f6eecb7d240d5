import { randomBytes } from "node:crypto";
import type { Reply } from "../kernel/call.ts";
import { randomText } from "../kernel/random.ts";
import { type PlatformKey, platformKeys, type WechatAccount } from "./accounts.ts";
import { answerText, probePrefix, signText } from "./signature.ts";
import { WechatError } from "./wechat-error.ts";

type SignatureFault = { unsigned?: boolean; signature_probes?: boolean };

/** `Wechatpay-…` headers over `body`, in the lower case that Node writes. */
export function signatureHeaders(
  { serial, privateKey }: PlatformKey,
  body: string,
  now: Date,
  { unsigned, signature_probes }: SignatureFault,
): Record<string, string> {
  if (unsigned) return {};
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const nonce = randomText(32);
  const signature = signature_probes
    ? `${probePrefix}${randomBytes(256).toString("base64")}`
    : signText(answerText(timestamp, nonce, body), privateKey);
  return {
    "wechatpay-timestamp": timestamp,
    "wechatpay-nonce": nonce,
    "wechatpay-signature": signature,
    "wechatpay-serial": serial,
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
  };
}

/**
 * The key that signs the answer: the one that the caller's `Wechatpay-Serial` names, else the newest certificate, else
 * the public key (pay.weixin.qq.com/doc/v3/partner/4012925289). Throws PARAM_ERROR for a key that is not the account's.
 */
export function answeringKey(account: WechatAccount, requestedFor: string | undefined): PlatformKey {
  const keys = platformKeys(account);
  const key = requestedFor === undefined ? keys[0] : keys.find(({ serial }) => serial === requestedFor);
  if (!key) {
    throw new WechatError("PARAM_ERROR", "Wechatpay-Serial有误", {
      location: "header",
      field: "Wechatpay-Serial",
    });
  }
  return key;
}

/** A complete answer; an undefined `body` is the empty one of a 204. */
export function answer(status: number, body: object | undefined, headers: Record<string, string>): Reply {
  return {
    status,
    headers: { ...(body && { "content-type": "application/json; charset=utf-8" }), ...headers },
    body: bodyText(body),
  };
}

/** The exact text that is signed and sent. */
export function bodyText(body: object | undefined): string {
  return body === undefined ? "" : JSON.stringify(body);
}
