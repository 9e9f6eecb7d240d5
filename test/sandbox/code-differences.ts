import type { RefusalTable } from "../../lib/domain/refusal.ts";
import type { NamedCalls } from "../../scripts/sandbox/kernel/faults.ts";

/** One sentence for each code that is in only one of the simulator's list and the adapter's table of a call. */
export function codeDifferences(
  simulated: NamedCalls,
  judged: Readonly<Record<string, RefusalTable>>,
): string[] {
  const calls = [...new Set([...Object.keys(simulated), ...Object.keys(judged)])];
  return calls.flatMap((call) => {
    const listed = new Set(simulated[call]);
    const existing = new Set(Object.keys(judged[call] ?? {}));
    return [
      ...[...listed]
        .filter((code) => !existing.has(code))
        .map((code) => `${call}: only the simulator names ${code}`),
      ...[...existing]
        .filter((code) => !listed.has(code))
        .map((code) => `${call}: only the adapter names ${code}`),
    ];
  });
}
