import { readFileSync, writeFileSync } from "node:fs";
import { commandLine } from "./command-line.ts";
import { providerNames, readmeOf, refusalsOf, withTables } from "./refusal-tables/tables.ts";

const usage = `npm run refusal-tables -- [--check]

Writes each provider's refusals (code, whose fault, what the gateway does) into its README, from
lib/providers/<name>/refusals.ts. --check only compares, and exits with 1 if they differ.
`;

const { values } = commandLine(usage, { options: { check: { type: "boolean" } } });
for (const provider of providerNames()) {
  try {
    const shown = readFileSync(readmeOf(provider), "utf8");
    const written = withTables(shown, await refusalsOf(provider));
    if (!values.check) writeFileSync(readmeOf(provider), written);
    else if (written !== shown) throw new Error("its README is out of date: run npm run refusal-tables");
  } catch (error) {
    console.error(`${provider}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
