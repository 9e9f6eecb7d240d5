import type { CreateOutcome } from "../../domain/provider.ts";
import type { RefundOutcome } from "../../domain/refund.ts";
import { type Refusal, type RefusalRule, refusalOfCreate, refusalOfMove } from "../../domain/refusal.ts";
import type { ProviderError } from "../../errors.ts";
import type { WechatAnswer } from "./client.ts";
import { refusals, spelled } from "./refusals.ts";

/** A refusal by WeChat Pay: signed, or (`denied`) unsigned. */
export type No = Extract<WechatAnswer, { kind: "refused" | "denied" }>;

type Call = keyof typeof refusals;

/** The rule of the refusal's code for this call. */
export function ruleOf(call: Call, { error }: No): RefusalRule | undefined {
  const table: Record<string, RefusalRule> = refusals[call];
  return Object.hasOwn(table, error.code) ? table[error.code] : undefined;
}

/** Whether it is a signed refusal with this code, in either spelling. */
export function says(said: No, code: string): boolean {
  return /* mutation: wechat-unsigned-word */ said.kind === "refused" && spelled(said.error.code) === code;
}

/** The outcome of a refused create. */
export function refusedCreate(said: No): CreateOutcome {
  const refusal = shutOut(said) ?? refusalOfCreate(refusals.create, said.error);
  // mutation: wechat-create-own-failure
  if (refusal.fault === "provider") return { kind: "unknown", why: inShort(said) };
  // An unsigned refusal ends nothing.
  // mutation: wechat-create-unsigned
  if (said.kind === "denied") return { kind: "refused", ...refusal, ends: "nothing", listed: false };
  return { kind: "refused", ...refusal };
}

/** The outcome of a refused refund. */
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
 * A request that was refused before it was processed, whatever its code says: 401 because of our signature, 429 because
 * of our rate (pay.weixin.qq.com/wiki/doc/apiv3_partner/wechatpay/wechatpay2_1.shtml: "not accepted"), or an error
 * whose `detail.location`, the wrong part of the request
 * (…/docs/merchant/development/interface-rules/basic-rules.html), is a header: our signature, or the id of the public
 * key with which answers should be signed.
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

/** Whether the refusal is about our credentials or rate, and not about the content of the request. */
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

/** For the person who corrects the credentials: the code, what it usually means, and WeChat Pay's own message. */
export function inWords({ code, message }: ProviderError): string {
  return [`WeChat Pay: ${code}`, advice[spelled(code)], message].filter(Boolean).join(" · ");
}
