import type { AlipayAccount } from "./accounts.ts";
import { AlipayError } from "./alipay-error.ts";
import { fromBeijing, toBeijing } from "./beijing-time.ts";
import { type Parameters, requestSigningString, verifiesRsa2 } from "./signature.ts";

/** An authenticated request. */
export type VerifiedRequest = {
  account: AlipayAccount;
  parameters: Parameters;
  biz: Record<string, unknown>;
};

/** How far a client's clock may be off. A signed pay URL is opened much later: see `maxPayUrlAgeMs`. */
const maxDriftMs = 15 * 60 * 1000;
/** A trade can be paid for 15 days at most (alipay.trade.page.pay, `time_expire`); so can its URL. */
export const maxPayUrlAgeMs = 15 * 24 * 3600 * 1000;

/** The application that a request names. Throws `isv.…-app-id`. */
export function namedAccount(parameters: Parameters, accounts: Map<string, AlipayAccount>): AlipayAccount {
  if (!parameters.app_id) throw new AlipayError("40001", "isv.missing-app-id", "app_id is missing");
  const account = accounts.get(parameters.app_id);
  if (!account) throw new AlipayError("40002", "isv.invalid-app-id", "app_id is not known");
  return account;
}

/** Checks the common parameters and the signature (opendocs.alipay.com/common/02km9f). Throws an `AlipayError`. */
export function verifyRequest(
  account: AlipayAccount,
  parameters: Parameters,
  now: Date,
  maxAgeMs: number = maxDriftMs,
): VerifiedRequest {
  for (const [name, subCode] of required) {
    if (!parameters[name]) throw new AlipayError("40001", `isv.missing-${subCode}`, `${name} is missing`);
  }
  if (parameters.sign_type !== "RSA2") throw invalid("signature-type", "sign_type must be RSA2");
  if (parameters.version !== "1.0") throw invalid("version", "version must be 1.0");
  if (parameters.charset?.toLowerCase() !== "utf-8") throw invalid("charset", "only utf-8 is simulated");
  if (parameters.format && parameters.format.toUpperCase() !== "JSON")
    throw invalid("format", "format must be JSON");
  const text = requestSigningString(parameters);
  if (!verifiesRsa2(text, parameters.sign ?? "", account.merchantKey)) {
    throw invalid("signature", `the signature is wrong; the gateway checked it over: ${text}`);
  }
  checkTimestamp(parameters.timestamp ?? "", now, maxAgeMs);
  for (const name of ["notify_url", "return_url"]) checkUrl(name, parameters[name]);
  return { account, parameters, biz: parseBiz(parameters.biz_content) };
}

const required = [
  ["sign_type", "signature-type"],
  ["sign", "signature"],
  ["timestamp", "timestamp"],
  ["version", "version"],
  ["charset", "charset"],
] as const;

function checkTimestamp(timestamp: string, now: Date, maxAgeMs: number): void {
  const time = fromBeijing(timestamp);
  if (!time) throw invalid("timestamp", "timestamp must be yyyy-MM-dd HH:mm:ss in UTC+8");
  const age = now.getTime() - time.getTime();
  if (age > maxAgeMs || age < -maxDriftMs) {
    throw invalid("timestamp", `timestamp ${timestamp} is too far from ${toBeijing(now)} (UTC+8)`);
  }
}

function checkUrl(name: string, url: string | undefined): void {
  if (!url) return;
  const fine = Buffer.byteLength(url) <= 256 && URL.canParse(url) && /^https?:/.test(url);
  if (!fine) throw invalid("parameter", `${name} must be an http or https URL of at most 256 characters`);
}

function parseBiz(text: string | undefined): Record<string, unknown> {
  if (!text) throw new AlipayError("40001", "isv.missing-parameter", "biz_content is missing");
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    // Falls through: text that is not JSON and JSON that is not an object are both refused.
  }
  throw invalid("parameter", "biz_content must be a JSON object");
}

function invalid(what: string, message: string): AlipayError {
  return new AlipayError("40002", `isv.invalid-${what}`, message);
}
