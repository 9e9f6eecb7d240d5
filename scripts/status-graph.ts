import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { commandLine } from "./command-line.ts";
import { withDiagrams } from "./status-graph/diagrams.ts";

const usage = `npm run status-graph -- [--check]

Writes diagrams of the status tables into the READMEs. --check only compares, and exits with 1 if they differ.
`;
const readmes = ["README.md", "README.zh-CN.md"];

const { values } = commandLine(usage, { options: { check: { type: "boolean" } } });
for (const name of readmes) {
  const readme = path.join(import.meta.dirname, "..", name);
  const shown = readFileSync(readme, "utf8");
  const drawn = withDiagrams(shown);
  if (!values.check) writeFileSync(readme, drawn);
  else if (drawn !== shown) {
    console.error(`${name} does not match the statuses in lib/: run npm run status-graph`);
    process.exitCode = 1;
  }
}
