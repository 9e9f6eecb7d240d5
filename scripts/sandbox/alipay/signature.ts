import { type KeyObject, sign, verify } from "node:crypto";

/** Flat parameters of a request, a notification or a return URL. */
export type Parameters = Record<string, string>;

/**
 * The text that a merchant signs: every parameter that is not empty, `sign_type` too
 * (opendocs.alipay.com/common/02kf5q).
 */
export function requestSigningString(parameters: Parameters): string {
  return joined(parameters, (name, value) => name !== "sign" && value !== "");
}

/** Signed text of notifications and return URLs: all but `sign` and `sign_type` (opendocs.alipay.com/common/02mse7). */
export function notificationSigningString(parameters: Parameters): string {
  return joined(parameters, (name) => name !== "sign" && name !== "sign_type");
}

/** RSA2: RSASSA-PKCS1-v1_5 with SHA-256 over the bytes as they are sent, base64. */
export function signRsa2(bytes: Buffer, key: KeyObject): string {
  return sign("sha256", bytes, key).toString("base64");
}

/** Whether `signature` (base64) is the RSA2 signature of `text`. */
export function verifiesRsa2(text: string, signature: string, key: KeyObject): boolean {
  return verify("sha256", Buffer.from(text), key, Buffer.from(signature, "base64"));
}

function joined(parameters: Parameters, keep: (name: string, value: string) => boolean): string {
  return Object.entries(parameters)
    .filter(([name, value]) => keep(name, value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}
