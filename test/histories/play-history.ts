import { brokenInvariants, invariants, restInvariants } from "../../scripts/invariants/invariants.ts";
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
    await checkInvariants(world, played, "under way", invariants);
    await comeToRest(world, played);
    await checkInvariants(world, played, "at rest", [...invariants, ...restInvariants]);
    await checkLedgers(world, played);
  } finally {
    await world.clear();
  }
  if (played.wrong.length > 0) throw new Error(played.wrong.join("\n"));
  return played.outcomes;
}

async function checkInvariants(
  world: HistoryWorld,
  played: Played,
  when: string,
  list: typeof invariants,
): Promise<void> {
  for (const { invariant, name, rows } of await brokenInvariants(world.query, world.clock.now(), list))
    played.wrong.push(`${when}, invariant ${invariant} is broken: ${name}: ${JSON.stringify(rows)}`);
}
