import { failures, GatewayError, wordsOf } from "../errors.ts";
import { failureOf } from "../http/failure-of.ts";
import { wordsForInput } from "../http/words-for-input.ts";
import { log } from "../log.ts";
import type { Gateway } from "../open-gateway.ts";
import { anomalyVerbs } from "./anomaly-verbs.ts";
import { callVerbs } from "./call-verbs.ts";
import { configVerbs } from "./config-verbs.ts";
import { keyVerbs } from "./key-verbs.ts";
import { merchantVerbs } from "./merchant-verbs.ts";
import { notifyVerbs } from "./notify-verbs.ts";
import { orderVerbs } from "./order-verbs.ts";
import { refundVerbs } from "./refund-verbs.ts";
import { statsVerb } from "./stats-verb.ts";
import { triageVerb } from "./triage-verb.ts";
import type { Verb } from "./verb.ts";
import { webhookVerbs } from "./webhook-verbs.ts";

/** Every operator verb. The command line makes its help and its arguments from this table. */
export const verbs: Record<string, Verb> = {
  ...merchantVerbs,
  ...keyVerbs,
  ...configVerbs,
  ...orderVerbs,
  ...refundVerbs,
  ...notifyVerbs,
  ...webhookVerbs,
  ...anomalyVerbs,
  ...callVerbs,
  ...triageVerb,
  ...statsVerb,
};

export type OpsAnswer = { ok: true; data: unknown } | { ok: false; code: number; message: string };

/** Runs one verb for whoever may invoke the function; never throws, so that the caller sees words and not a stack. */
export async function runVerb(gateway: Gateway, name: string, args: unknown): Promise<OpsAnswer> {
  try {
    const found = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (!found)
      throw new GatewayError("not_found", `no verb "${name}"; there is ${Object.keys(verbs).join(", ")}`);
    const parsed = found.args.safeParse(args, { error: wordsForInput });
    if (!parsed.success) throw new GatewayError("invalid_parameter", wordsOf(parsed.error.issues));
    const data = await found.run(gateway, parsed.data);
    log.info("ops", { event: name, verdict: "done" });
    return { ok: true, data };
  } catch (error) {
    const failure = failureOf(error);
    log.warn("ops", { event: name.slice(0, 40), verdict: "refused", reason: failure.message });
    return { ok: false, code: failures[failure.failure].code, message: failure.message };
  }
}
