import type { ProviderError } from "../../errors.ts";
import type { Started } from "../../payment/provider.ts";
import { type Refusal, type RefusalRule, refusalOfCreate, refusalOfMove } from "../../payment/refusal.ts";
import type { RefundOutcome } from "../../refund/refund.ts";
import type { WechatAnswer } from "./client.ts";
import { refusals, spelled } from "./refusals.ts";

/** A no of WeChat Pay: signed, or (`denied`) what stands before its signature. */
export type No = Extract<WechatAnswer, { kind: "refused" | "denied" }>;

type Call = keyof typeof refusals;

/** The code's rule for that call. */
export function ruleOf(call: Call, { error }: No): RefusalRule | undefined {
  const table: Record<string, RefusalRule> = refusals[call];
  return Object.hasOwn(table, error.code) ? table[error.code] : undefined;
}

/** Whether it says this, in either spelling, with a signature. */
export function says(said: No, code: string): boolean {
  return /* mutation: wechat-unsigned-word */ said.kind === "refused" && spelled(said.error.code) === code;
}

/** What a no to a create means. */
export function refusedStart(said: No): Started {
  const refusal = shutOut(said) ?? refusalOfCreate(refusals.create, said.error);
  // mutation: wechat-create-own-failure
  if (refusal.fault === "provider") return { kind: "unknown", why: inShort(said) };
  // Nobody has signed it: nothing is over.
  // mutation: wechat-create-unsigned
  if (said.kind === "denied") return { kind: "refused", ...refusal, ends: "nothing", listed: false };
  return { kind: "refused", ...refusal };
}

/** What a no to a refund means. */
export function refusedRefund(said: No): RefundOutcome {
  const why = inShort(said);
  const shut = shutOut(said);
  // mutation: wechat-refund-unsigned
  if (said.kind === "denied" && !shut) return { kind: "unknown", why };
  const refusal = shut ?? refusalOfMove(refusals.refund, said.error);
  if (!refusal)
    return /* mutation: wechat-refund-unlisted */ { kind: "unknown", why, unlisted: said.error.code };
  // mutation: wechat-refund-own-failure
  return refusal.fault === "provider" ? { kind: "unknown", why } : { kind: "refused", ...refusal };
}

/**
 * A request that was not let in, whatever its code says: 401 for our signature, 429 for our rate
 * (pay.weixin.qq.com/wiki/doc/apiv3_partner/wechatpay/wechatpay2_1.shtml: "not accepted"), and `detail.location`, the part
 * of the request that is wrong (…/docs/merchant/development/interface-rules/basic-rules.html), for our signature or the id
 * of the public key that we asked to be answered with.
 */
function shutOut(said: No): Refusal | undefined {
  const { status, error } = said;
  const listed = said.kind === "refused";
  if (status === 429) return { error, fault: "provider", ends: "nothing", listed };
  const inHeaders =
    said.kind === "refused" &&
    /* mutation: wechat-refusal-headers */ ["header", "authorization"].includes(said.location);
  return status === 401 || inHeaders ? { error, fault: "merchant", ends: "nothing", listed } : undefined;
}

/** Whether it speaks about us and our rate, and not about what we have asked. */
export function isShutOut(said: No): boolean {
  return said.kind === "denied" || shutOut(said) !== undefined;
}

export function inShort({ error }: No): string {
  return `WeChat Pay: ${error.code}`;
}

const advice: Record<string, string> = {
  SIGN_ERROR: "check private_key, serial_no and mch_id",
  MCH_NOT_EXISTS: "check mch_id",
  NO_AUTH: "the product is not opened for this merchant",
  PARAM_ERROR: "check mch_id and public_key_id",
};

/** For a person who is to correct the credentials: the code, what it usually means, and WeChat Pay's own words. */
export function inWords({ code, message }: ProviderError): string {
  return [`WeChat Pay: ${code}`, advice[spelled(code)], message].filter(Boolean).join(" · ");
}
