import type { ProviderName } from "../../lib/providers/registry.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";

/** The simulator's setting for the refusal that these numbers select, modulo the number of calls and codes. */
export function refusalOf(
  provider: ProviderName,
  { call, code, times }: { call: number; code: number; times: number },
): object {
  const calls = Object.entries(simulators[provider]!.calls);
  const [on, codes] = calls[call % calls.length]!;
  return { code: codes[code % codes.length], on, times };
}
