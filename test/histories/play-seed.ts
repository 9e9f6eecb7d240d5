import * as fc from "fast-check";
import type { HistoryWorld } from "./history-world.ts";
import { playHistory } from "./play-history.ts";
import { history, type Step } from "./steps.ts";

export type Failed = { seed: number; wrong: string; steps: Step[] };

const longestMs = 120_000;

/** Plays the history of a seed, which is always the same. A failing one is shrunk for up to two minutes. */
export async function playSeed(world: HistoryWorld, seed: number): Promise<Failed | null> {
  const property = fc.asyncProperty(history, async (steps) => void (await playHistory(world, steps)));
  const played = await fc.check(property, { seed, numRuns: 1, interruptAfterTimeLimit: longestMs });
  if (!played.failed) return null;
  const steps = played.counterexample?.[0] ?? fc.sample(history, { seed, numRuns: 1 })[0] ?? [];
  const { errorInstance } = played;
  const wrong = errorInstance instanceof Error ? errorInstance.message : `did not end: ${world.doing}`;
  return { seed, wrong, steps };
}

/** As text for people; the list of steps is the input of `npm run soak -- --replay`. */
export function inWords({ seed, wrong, steps }: Failed): string {
  const lines = steps.map((step) => `  ${JSON.stringify(step)}`).join(",\n");
  return `seed ${seed}:\n${wrong}\nafter ${steps.length} steps:\n[\n${lines}\n]`;
}
