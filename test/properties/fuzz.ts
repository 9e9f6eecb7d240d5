import fc from "fast-check";
import { commandLine, misused, wholeNumber } from "../../scripts/command-line.ts";
import { feed, type Parser } from "./parsers/parser.ts";
import { parsers } from "./parsers/parsers.ts";

const usage = `npm run fuzz -- [--runs N] [--only NAME] [--seed N]

Feeds random inputs to every parser. Exits with 1 if a parser fails, and prints the shortest failing input.

  --runs N     number of inputs for each parser (1000000)
  --only NAME  only parsers whose name contains this text
  --seed N     repeats the inputs of an earlier run
`;
const { values } = commandLine(usage, {
  options: {
    runs: { type: "string", default: "1000000" },
    only: { type: "string", default: "" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});

const numRuns = wholeNumber("runs", values.runs, { least: 1, usage });
const seed = wholeNumber("seed", values.seed, { least: 0, usage });
const selected = parsers.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
if (selected.length === 0)
  misused(
    `--only: no parser's name contains "${values.only}". The parsers are:\n${parsers.map(nameOf).join("\n")}`,
    usage,
  );

console.log(`seed ${seed}`);
for (const parser of selected) {
  const begunAt = performance.now();
  const property = fc.asyncProperty(parser.input, (input) => feed(parser, input));
  const found = await fc.check(property, { numRuns, seed });
  const seconds = ((performance.now() - begunAt) / 1000).toFixed(0);
  console.log(
    `${found.failed ? "FAILED" : "holds "}  ${nameOf(parser)}: ${found.numRuns} runs in ${seconds} s`,
  );
  if (!found.failed) continue;
  process.exitCode = 1;
  console.error(fc.stringify(found.counterexample), found.errorInstance ?? "");
}

function nameOf({ name }: Parser): string {
  return name;
}
