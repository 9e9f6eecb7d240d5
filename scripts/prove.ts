import { spawn } from "node:child_process";
import { commandLine, wholeNumber } from "./command-line.ts";

const usage = `npm run prove -- [--seeds N]

Runs the long proofs one after the other; each shows its own progress. Exits with 1 when any of them fails.

  --seeds N   number of random histories (default 2000); they continue where the last run ended
`;
const { values } = commandLine(usage, { options: { seeds: { type: "string", default: "2000" } } });
const seeds = wholeNumber("seeds", values.seeds, { least: 1, usage });

const proofs = [
  ["the fault matrix, with killed processes", "npm", "test", "--", "test/faults"],
  ["random histories", "npm", "run", "soak", "--", "--seeds", String(seeds), "--resume"],
  ["parsers", "npm", "run", "fuzz", "--", "--runs", "50000"],
  ["requests from outside", "npm", "run", "attack", "--", "--requests", "200000"],
  ["mutations", "npm", "run", "mutants"],
] as const;

const outcomes: string[] = [];
for (const [name, command, ...args] of proofs) {
  console.log(`\n${name}: ${command} ${args.join(" ")}`);
  const begun = performance.now();
  const passed = await run(command, args);
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  outcomes.push(`${passed ? "passed" : "FAILED"}  ${name} (${minutes} min)`);
  if (!passed) process.exitCode = 1;
}
console.log(`\n${outcomes.join("\n")}`);

function run(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}
