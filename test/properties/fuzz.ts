import { parseArgs } from "node:util";
import fc from "fast-check";
import { feed, type Parser } from "./parsers/parser.ts";
import { parsers } from "./parsers/parsers.ts";

/**
 * `npm run fuzz -- --runs N`: gives N inputs to every parser, or to those whose name holds `--only`; with `--seed` the same
 * ones again. Exit 1 when any of them does not hold.
 */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000000" },
    only: { type: "string", default: "" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});

const [numRuns, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isSafeInteger(numRuns) || numRuns < 1 || !Number.isSafeInteger(seed))
  throw new Error("--runs and --seed take whole numbers");
const wanted = parsers.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
if (wanted.length === 0) throw new Error(`no such parser; there is\n${parsers.map(nameOf).join("\n")}`);

console.log(`seed ${seed}`);
for (const parser of wanted) {
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
