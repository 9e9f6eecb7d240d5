import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { withDiagrams } from "./status-graph/diagrams.ts";

/** `npm run status-graph [-- --check]`: draws the tables of statuses into README.md, or compares them with what it shows. */
const readme = path.join(import.meta.dirname, "../README.md");

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
const shown = readFileSync(readme, "utf8");
const drawn = withDiagrams(shown);
if (!values.check) writeFileSync(readme, drawn);
else if (drawn !== shown) {
  console.error("README.md shows other statuses than lib/ has: npm run status-graph");
  process.exitCode = 1;
}
