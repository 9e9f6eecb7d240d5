import type { ProviderError } from "../../errors.ts";
import type { RefusalTable } from "../../payment/refusal.ts";
import type { AlipayAnswer } from "./client.ts";
import { answer } from "./wire.ts";

/** `refused`: a signed no, with Alipay's most precise code. */
type Outcome =
  | { kind: "done"; content: unknown }
  | { kind: "refused"; error: ProviderError }
  | { kind: "unknown"; why: string };

const longestWords = 200;

/** Tells a yes, a signed no and no readable answer apart. https://opendocs.alipay.com/common/02km9f */
export function outcomeOf(said: AlipayAnswer): Outcome {
  if (said.kind === "unverified") return { kind: "unknown", why: said.why };
  const parsed = answer.safeParse(said.content);
  if (!parsed.success) return { kind: "unknown", why: "Alipay's answer has no code" };
  const { code, msg, sub_code: subCode = "", sub_msg: subMessage } = parsed.data;
  if (code === "10000") return { kind: "done", content: parsed.data };
  // The gateway's own failure, whatever its `sub_code` is.
  // mutation: alipay-gateway-failure
  if (code === "20000") return { kind: "unknown", why: `Alipay: ${subCode || code}` };
  // Words about a signature repeat all that was signed; those about the business of a trade are for people.
  const words = subCode.startsWith("ACQ.") && subMessage ? subMessage : msg;
  return { kind: "refused", error: { code: subCode || code, message: words.slice(0, longestWords) } };
}

/**
 * What is known after a signed refusal of a question (query, close, look-up of a refund): nothing new. It is no alarm when
 * Alipay limits or repairs something; an unlisted code is.
 */
export function unanswered(table: RefusalTable, { code }: ProviderError): { why: string; unlisted?: string } {
  return { why: `Alipay: ${code}`, ...(!Object.hasOwn(table, code) && { unlisted: code }) };
}
