// Plays the histories that soak.ts requests, one at a time, in a process and a database of its own.
import { type HistoryWorld, openHistoryWorld } from "./history-world.ts";
import { playHistory } from "./play-history.ts";
import { type Failed, playSeed } from "./play-seed.ts";
import type { Step } from "./steps.ts";

export type SoakOrder = { seed: number } | { steps: Step[] };
export type SoakMessage = { failed: Failed | null };

/** The simulators keep all data in memory, so they are restarted after this many histories. */
const historiesPerWorld = 200;

let world: HistoryWorld | undefined;
let played = 0;

async function play(order: SoakOrder): Promise<Failed | null> {
  if (played++ % historiesPerWorld === 0) {
    await world?.stop();
    const { DATABASE_URL, REDIS_URL } = process.env;
    world = await openHistoryWorld({ DATABASE_URL: DATABASE_URL!, REDIS_URL: REDIS_URL! });
  }
  if ("seed" in order) return playSeed(world!, order.seed);
  try {
    await playHistory(world!, order.steps);
    return null;
  } catch (error) {
    return { seed: 0, wrong: String(error), steps: order.steps };
  }
}

process.on("message", async (order: SoakOrder) => {
  process.send?.({ failed: await play(order) } satisfies SoakMessage);
});
process.on("disconnect", () => process.exit(0));
