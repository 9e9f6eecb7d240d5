import type { ProviderError } from "../../errors.ts";
import type { WechatAnswer } from "./client.ts";

type Refused = Extract<WechatAnswer, { kind: "refused" }>;

/** What our credentials, rights, balance or limits are the reason of, whatever its HTTP status: it may pass later. */
const aboutUs = new Set([
  "APPID_MCHID_NOT_MATCH",
  "MCH_NOT_EXISTS",
  "SIGN_ERROR",
  "NO_AUTH",
  "ACCOUNT_ERROR",
  "NOT_ENOUGH",
  "FREQUENCY_LIMITED",
  "RULE_LIMIT",
]);

/** Their own failures, after which nobody knows, and words that say that something was made before. */
const undecided = new Set(["SYSTEM_ERROR", "BANK_ERROR", "OUT_TRADE_NO_USED", "ORDERPAID", "ORDER_PAID"]);

/** What a 403 says of the refund itself: the buyer's account is closed. */
const finalDespite403 = new Set(["USER_ACCOUNT_ABNORMAL"]);

/** Tells whether a signed 4xx to a request that should make something is final, may pass, or decides nothing. */
export function weighRefusal({ status, location, error }: Refused): "final" | "may-pass" | "undecided" {
  if (undecided.has(error.code)) return "undecided";
  // Our signature, or the id of the public key that we asked to be answered with.
  const inHeaders = location === "header" || location === "authorization";
  if (aboutUs.has(error.code) || inHeaders) return "may-pass";
  if (status === 400 || status === 404 || finalDespite403.has(error.code)) return "final";
  return "may-pass";
}

const advice: Record<string, string> = {
  SIGN_ERROR: "check private_key, serial_no and mch_id",
  MCH_NOT_EXISTS: "check mch_id",
  NO_AUTH: "the product is not opened for this merchant",
  PARAM_ERROR: "check mch_id and public_key_id",
};

/** For a person who is to correct the credentials: the code, what it usually means, and WeChat Pay's own words. */
export function inWords({ code, message }: ProviderError): string {
  return [`WeChat Pay: ${code}`, advice[code], message].filter(Boolean).join(" · ");
}
