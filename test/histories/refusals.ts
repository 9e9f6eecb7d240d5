import type { ProviderName } from "../../lib/providers/registry.ts";
import { namedCalls as alipay } from "../../scripts/sandbox/alipay/named-calls.ts";
import type { NamedCalls } from "../../scripts/sandbox/kernel/faults.ts";
import { namedCalls as paypal } from "../../scripts/sandbox/paypal/refusal-codes.ts";
import { named as stripe } from "../../scripts/sandbox/stripe/refusals.ts";
import { namedCalls as wechat } from "../../scripts/sandbox/wechat/refusal-codes.ts";

/** The calls that each simulator can refuse, with the codes that its provider documents for them. */
const documented: Record<ProviderName, NamedCalls> = { alipay, wechat, stripe: stripe.calls, paypal };

/** The simulator's setting for the refusal that these numbers select, modulo the number of calls and codes. */
export function refusalOf(
  provider: ProviderName,
  { call, code, times }: { call: number; code: number; times: number },
): object {
  const calls = Object.entries(documented[provider]);
  const [on, codes] = calls[call % calls.length]!;
  return { code: codes[code % codes.length], on, times };
}
