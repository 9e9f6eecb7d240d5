import type { ProviderName } from "../../scripts/sandbox/start-sandbox.ts";

/** The calls that a simulator can be told to refuse, with the codes that its provider documents for them. */
const documented: Record<ProviderName, Record<string, object>> = {
  alipay: {},
  wechat: {},
  stripe: {},
  paypal: {},
};

/** The simulator's setting for the refusal that these numbers choose; the numbers are taken modulo what there is. */
export function refusalOf(
  provider: ProviderName,
  { call, code, times }: { call: number; code: number; times: number },
): object {
  const calls = Object.entries(documented[provider]);
  const [on, table] = calls[call % calls.length]!;
  const codes = Object.keys(table);
  return { code: codes[code % codes.length], on, times };
}
