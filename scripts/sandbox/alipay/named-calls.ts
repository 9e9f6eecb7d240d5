import type { Call } from "../kernel/call.ts";
import type { NamedCalls } from "../kernel/faults.ts";
import { callParameters } from "./gateway.ts";
import { refusalCodes } from "./refusal-codes.ts";

/** The methods that a fault can name. */
const methods: Readonly<Record<string, keyof typeof refusalCodes>> = {
  "alipay.trade.precreate": "create",
  "alipay.trade.query": "query",
  "alipay.trade.close": "close",
  "alipay.trade.refund": "refund",
  "alipay.trade.fastpay.refund.query": "refund_query",
};

/** The calls that `_sim/faults {on}` can name, each with all codes of Alipay's lists for it. */
export const namedCalls: NamedCalls = refusalCodes;

export function nameOfCall(call: Call): string | undefined {
  return methods[callParameters(call).method ?? ""];
}
