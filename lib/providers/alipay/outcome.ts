import type { RefusalTable } from "../../domain/refusal.ts";
import type { ProviderError } from "../../errors.ts";
import type { AlipayAnswer } from "./client.ts";
import { answer } from "./wire.ts";

/** `refused`: a signed refusal, with Alipay's most precise code. */
type Outcome =
  | { kind: "done"; content: unknown }
  | { kind: "refused"; error: ProviderError }
  | { kind: "unknown"; why: string };

const longestWords = 200;

/** Distinguishes success, a signed refusal and an unreadable answer. https://opendocs.alipay.com/common/02km9f */
export function outcomeOf(said: AlipayAnswer): Outcome {
  if (said.kind === "unverified") return { kind: "unknown", why: said.why };
  const parsed = answer.safeParse(said.content);
  if (!parsed.success) return { kind: "unknown", why: "Alipay's answer has no code" };
  const { code, msg, sub_code: subCode = "", sub_msg: subMessage } = parsed.data;
  if (code === "10000") return { kind: "done", content: parsed.data };
  // A failure of Alipay's own gateway, whatever the `sub_code` is.
  // mutation: alipay-gateway-failure
  if (code === "20000") return { kind: "unknown", why: `Alipay: ${subCode || code}` };
  // Messages about a signature repeat all that was signed; only those of business codes (`ACQ.`) can be shown.
  const words = subCode.startsWith("ACQ.") && subMessage ? subMessage : msg;
  return { kind: "refused", error: { code: subCode || code, message: words.slice(0, longestWords) } };
}

/**
 * The result of a signed refusal of a query, a close or a refund query: nothing new is known. A listed code (a rate
 * limit, a failure at Alipay) raises no alarm; an unlisted one does.
 */
export function unanswered(table: RefusalTable, { code }: ProviderError): { why: string; unlisted?: string } {
  return { why: `Alipay: ${code}`, ...(!Object.hasOwn(table, code) && { unlisted: code }) };
}
