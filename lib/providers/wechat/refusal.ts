import type { ProviderError } from "../../errors.ts";

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

/** Tells for a signed 4xx to a request that should make something whether it is final, may pass, or says nothing. */
export function weighRefusal({
  status,
  error,
}: {
  status: number;
  error: ProviderError;
}): "final" | "may-pass" | "undecided" {
  if (undecided.has(error.code)) return "undecided";
  if (aboutUs.has(error.code)) return "may-pass";
  if (status === 400 || status === 404 || finalDespite403.has(error.code)) return "final";
  return "may-pass";
}

/** For a person who is to correct something: the code and what it usually means. */
export function inWords({ code, message }: ProviderError): string {
  const advice: Record<string, string> = {
    SIGN_ERROR: "check private_key, serial_no and mch_id",
    MCH_NOT_EXISTS: "check mch_id",
    APPID_MCHID_NOT_MATCH: "app_id is not bound to mch_id",
    NO_AUTH: "the product is not opened for this merchant",
    PARAM_ERROR: "check mch_id",
  };
  return [`WeChat Pay: ${code}`, advice[code], message].filter(Boolean).join(" · ");
}
