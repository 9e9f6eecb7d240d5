import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { commandLine, misused, wholeNumber } from "./command-line.ts";
import { sweepStale } from "./local/services/start-services.ts";
import { mutations } from "./mutants/all-mutations.ts";
import { markersIn } from "./mutants/markers.ts";
import { type Proof, proveMutants } from "./mutants/prove-mutants.ts";
import { reportOf } from "./mutants/report.ts";
import { startTestSetup } from "./mutants/test-setup.ts";
import { asTable } from "./ops/table.ts";

const usage = `npm run mutants -- [--only PATTERN] [--list] [--lanes N]

Applies each mutation of the gateway (most remove one check) to a private copy of the repository and runs the tests that
must fail then. Exits with 1 if a mutation is not killed by any test, or no longer applies to the sources.

  --only PATTERN   only mutations whose name, marker or file matches this regular expression
  --list           lists the mutations and exits
  --lanes N        how many mutations run at the same time, each with its own services
`;

const prefix = "uni-pay-mutants-";
const root = path.join(import.meta.dirname, "..");

async function main(): Promise<number> {
  const { values } = commandLine(usage, {
    options: {
      only: { type: "string", default: "" },
      list: { type: "boolean", default: false },
      lanes: { type: "string", default: String(Math.min(availableParallelism(), 4)) },
    },
  });
  const lanes = wholeNumber("lanes", values.lanes, { least: 1, usage });
  const pattern = patternOf(values.only);
  const markers = markersIn(root);
  const fileOf = (at: string) =>
    markers
      .get(at)
      ?.map(({ file }) => file)
      .join(", ") ?? "no marker";
  const selected = mutations.filter(({ name, at }) =>
    [name, at, fileOf(at)].some((text) => pattern.test(text)),
  );
  if (selected.length === 0) misused(`no mutation's name, marker or file matches ${pattern}`, usage);
  if (values.list) {
    console.log(asTable(selected.map(({ name, at }) => ({ mutation: name, marker: at, file: fileOf(at) }))));
    return 0;
  }
  const begun = performance.now();
  const proofs = await proved(selected, Math.min(lanes, selected.length));
  if (proofs === "stopped") return 130;
  const { text, code } = reportOf(proofs);
  console.log(`\n${text}\n${((performance.now() - begun) / 60_000).toFixed(1)} min`);
  return code;
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, "i");
  } catch {
    return misused(`--only takes a regular expression, not "${text}"`, usage);
  }
}

async function proved(selected: typeof mutations, lanes: number): Promise<Proof[] | "stopped"> {
  await sweepStale(tmpdir(), prefix);
  const folders = Array.from({ length: lanes }, () => mkdtempSync(path.join(tmpdir(), prefix)));
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stopping.abort());
  try {
    return await proveMutants({
      root,
      mutations: selected,
      folders,
      startSetup: startTestSetup,
      print: (line) => console.log(line),
      signal: stopping.signal,
    });
  } catch (error) {
    if (stopping.signal.aborted) return "stopped";
    throw error;
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
