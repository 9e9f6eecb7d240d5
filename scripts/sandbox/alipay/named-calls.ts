import { refusals } from "../../../lib/providers/alipay/refusals.ts";
import type { Call } from "../kernel/call.ts";
import type { NamedCalls } from "../kernel/faults.ts";
import { callParameters } from "./gateway.ts";

/** The methods that a fault can name, each with every code of Alipay's lists for it. */
const methods: Readonly<Record<string, keyof typeof refusals>> = {
  "alipay.trade.precreate": "create",
  "alipay.trade.query": "query",
  "alipay.trade.close": "close",
  "alipay.trade.refund": "refund",
  "alipay.trade.fastpay.refund.query": "refund_query",
};

export const namedCalls: NamedCalls = Object.fromEntries(
  Object.entries(refusals).map(([name, table]) => [name, Object.keys(table)]),
);

export function nameOfCall(call: Call): string | undefined {
  return methods[callParameters(call).method ?? ""];
}
