import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { feed } from "./parsers/parser.ts";
import { parsers } from "./parsers/parsers.ts";

/** Inputs for each parser. `npm run fuzz` runs a million. */
const numRuns = 2_000;

/** CPU time for one input. The longest take half a second; a parser of quadratic complexity would take hours. */
const longestMs = 5_000;

describe.each(parsers.map((parser) => [parser.name, parser] as const))("parser: %s", (name, parser) => {
  it(`the parser of "${name}" refuses invalid input with its own error, and its results are valid`, async () => {
    await fc.assert(
      fc.asyncProperty(parser.input, (input) => feed(parser, input)),
      { numRuns },
    );
  });

  const { hardest = [] } = parser;
  if (hardest.length > 0)
    it(`the parser of "${name}" takes at most ${longestMs} ms of CPU for the longest input`, async () => {
      for (const input of hardest) {
        const begun = process.cpuUsage();
        await feed(parser, input);
        const { user, system } = process.cpuUsage(begun);
        expect((user + system) / 1000).toBeLessThan(longestMs);
      }
    });
});
