import type { RefusalTable } from "../../lib/payment/refusal.ts";
import type { NamedCalls } from "../../scripts/sandbox/kernel/faults.ts";

/** Each code that only the simulator's list or only the adapter's table of a call names, as a sentence. */
export function codeDifferences(
  simulated: NamedCalls,
  judged: Readonly<Record<string, RefusalTable>>,
): string[] {
  const calls = [...new Set([...Object.keys(simulated), ...Object.keys(judged)])];
  return calls.flatMap((call) => {
    const listed = new Set(simulated[call]);
    const known = new Set(Object.keys(judged[call] ?? {}));
    return [
      ...[...listed]
        .filter((code) => !known.has(code))
        .map((code) => `${call}: only the simulator names ${code}`),
      ...[...known]
        .filter((code) => !listed.has(code))
        .map((code) => `${call}: only the adapter names ${code}`),
    ];
  });
}
