import { brokenInvariants, invariants, restInvariants } from "../../scripts/invariants/invariants.ts";
import { checkLedgers } from "./check-ledgers.ts";
import { comeToRest } from "./come-to-rest.ts";
import type { HistoryWorld } from "./history-world.ts";
import { type Played, perform } from "./perform.ts";
import type { Step } from "./steps.ts";

/** Plays one history from its first step to rest. Returns the outcome of each step; throws with all violations. */
export async function playHistory(world: HistoryWorld, steps: readonly Step[]): Promise<string[]> {
  const played = newlyPlayed(world);
  try {
    for (const step of steps) {
      world.doing = JSON.stringify(step);
      await perform(world, played, step);
    }
    world.doing = "coming to rest";
    await checkInvariants(world, played, "under way");
    await comeToRest(world, played);
    await checkInvariants(world, played, "at rest");
    await checkLedgers(world, played);
  } finally {
    await world.clear();
  }
  if (played.wrong.length > 0) throw new Error(played.wrong.join("\n"));
  return played.outcomes;
}

export function newlyPlayed(world: HistoryWorld): Played {
  const id = `h${world.nextNumber()}`;
  return { id, orders: new Map(), wrong: [], outcomes: [], changedInConsole: new Set() };
}

export async function checkInvariants(
  world: HistoryWorld,
  played: Played,
  when: "under way" | "at rest",
): Promise<void> {
  const list = when === "at rest" ? [...invariants, ...restInvariants] : invariants;
  for (const { invariant, name, rows } of await brokenInvariants(world.query, world.clock.now(), list))
    played.wrong.push(`${when}, a broken invariant (${invariant}): ${name}: ${JSON.stringify(rows)}`);
}
