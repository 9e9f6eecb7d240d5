import { spawn } from "node:child_process";
import { parseArgs } from "node:util";

/**
 * `npm run prove`: the long proofs, one after the other; each shows its own progress. `--seeds N`: so many random
 * histories, which go on where the last run ended. Exit 1 when any of them fails.
 */
const { values } = parseArgs({ options: { seeds: { type: "string", default: "2000" } } });

const proofs = [
  ["the fault matrix, with killed processes", "npm", "test", "--", "test/faults"],
  ["random histories", "npm", "run", "soak", "--", "--seeds", values.seeds, "--resume"],
  ["parsers", "npm", "run", "fuzz", "--", "--runs", "50000"],
  ["requests from outside", "npm", "run", "attack", "--", "--requests", "200000"],
  ["guards taken away in turn", "npm", "run", "mutants"],
] as const;

const outcomes: string[] = [];
for (const [name, command, ...args] of proofs) {
  console.log(`\n${name}: ${command} ${args.join(" ")}`);
  const begun = performance.now();
  const passed = await run(command, args);
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  outcomes.push(`${passed ? "holds " : "FAILED"}  ${name} (${minutes} min)`);
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
