import { checkLedgers } from "./check-ledgers.ts";
import { comeToRest } from "./come-to-rest.ts";
import type { HistoryWorld } from "./history-world.ts";
import { type Played, perform } from "./perform.ts";
import type { Step } from "./steps.ts";

/** Plays one history from its first step to rest; returns what came of each step. Throws with all that went wrong. */
export async function playHistory(world: HistoryWorld, steps: readonly Step[]): Promise<string[]> {
  const played: Played = {
    id: `h${world.nextNumber()}`,
    orders: new Map(),
    wrong: [],
    outcomes: [],
    refundedInConsole: new Set(),
  };
  try {
    for (const step of steps) await perform(world, played, step);
    await comeToRest(world, played);
    await checkLedgers(world, played);
  } finally {
    await world.clear();
  }
  if (played.wrong.length > 0) throw new Error(played.wrong.join("\n"));
  return played.outcomes;
}
