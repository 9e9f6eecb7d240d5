import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepMerchantsApart } from "../steps/world.ts";
import { type HistoryWorld, openHistoryWorld } from "./history-world.ts";
import { playHistory } from "./play-history.ts";
import { inWords, playSeed } from "./play-seed.ts";
import { history } from "./steps.ts";

let world: HistoryWorld;

beforeAll(async () => {
  await keepMerchantsApart();
  const { DATABASE_URL, REDIS_URL } = process.env;
  world = await openHistoryWorld({ DATABASE_URL: DATABASE_URL!, REDIS_URL: REDIS_URL! });
});
afterAll(() => world.stop());

const perTest = 10;
const tests = Array.from({ length: 10 }, (_, index) => ({
  first: index * perTest + 1,
  last: (index + 1) * perTest,
}));
/** In milliseconds: shrinking a failing history takes up to two minutes. */
const timeout = 300_000;

describe("random histories of two merchants at every provider, with faults of every kind", () => {
  it.each(tests)(
    "random histories lose, duplicate, downgrade and over-refund nothing (seeds $first to $last)",
    async ({ first, last }) => {
      for (let seed = first; seed <= last; seed++) {
        const failed = await playSeed(world, seed);
        expect(failed && inWords(failed)).toBeNull();
      }
    },
    timeout,
  );

  it("a random history plays the same way twice", async () => {
    for (const steps of fc.sample(history, { seed: 4, numRuns: 12 })) {
      expect(await playHistory(world, steps)).toEqual(await playHistory(world, steps));
    }
  });
});
