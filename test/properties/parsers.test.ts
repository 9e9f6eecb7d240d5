import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { feed } from "./parsers/parser.ts";
import { parsers } from "./parsers/parsers.ts";

/** `npm run fuzz` gives a million to each. */
const numRuns = 2_000;

/** Of the processor, for one input. The longest take half a second; with the square of their length it would be hours. */
const longestMs = 5_000;

describe.each(parsers.map((parser) => [parser.name, parser] as const))("the parser: %s,", (_name, parser) => {
  it("says no in its own words to whatever it cannot read, and what it reads can be used", async () => {
    await fc.assert(
      fc.asyncProperty(parser.input, (input) => feed(parser, input)),
      { numRuns },
    );
  });

  const { hardest = [] } = parser;
  if (hardest.length > 0)
    it("reads the longest and hardest input without a pause", async () => {
      for (const input of hardest) {
        const begun = process.cpuUsage();
        await feed(parser, input);
        const { user, system } = process.cpuUsage(begun);
        expect((user + system) / 1000).toBeLessThan(longestMs);
      }
    });
});
