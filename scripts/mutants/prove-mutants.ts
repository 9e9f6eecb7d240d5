import { readFileSync } from "node:fs";
import path from "node:path";
import { type Lane, openLane } from "./lane.ts";
import { type Mutant, mutated } from "./mutant.ts";
import type { TestGround } from "./test-ground.ts";
import type { TestRun } from "./tests.ts";
import { typeFaults } from "./type-check.ts";

/**
 * - `killed`: a test failed without the guard · `survived`: none did · `gone`: the guard's text is not there (once)
 * - `broken`: the program does not run without the guard, or its tests are not green with it, which proves nothing.
 */
export type Proof = {
  mutant: Mutant;
  outcome: "killed" | "survived" | "gone" | "broken";
  /** The test that failed, or what is wrong. */
  by: { file: string; test: string };
  seconds: number;
};

export type ProofOptions = {
  root: string;
  mutants: readonly Mutant[];
  /** One folder for each mutant that is tried at the same time; empty, and only ours. */
  folders: readonly string[];
  startGround(folder: string): Promise<TestGround>;
  print(line: string): void;
  signal: AbortSignal;
};

/** Tries every mutant in copies of `root`. */
export async function proveMutants(options: ProofOptions): Promise<Proof[]> {
  const { root, mutants, print, signal } = options;
  const gone = mutants.filter((mutant) => mutated(sourceOf(root, mutant), mutant) === null);
  const present = mutants.filter((mutant) => !gone.includes(mutant));
  const lanes: Lane[] = [];
  try {
    for (const folder of options.folders) lanes.push(await openLane(root, folder, options));
    const faults = await typeFaults(lanes[0]!.copy.folder, present, signal);
    const red = await redFiles(lanes, present, print);
    const fault = (mutant: Mutant) =>
      faults.get(mutant) ?? mutant.tests.map((file) => red.get(file)).find(Boolean);
    const queue = present.filter((mutant) => fault(mutant) === undefined);
    const proofs = [
      ...gone.map((mutant) => proof(mutant, "gone", "its text is not there exactly once")),
      ...present
        .filter((mutant) => !queue.includes(mutant))
        .map((mutant) => proof(mutant, "broken", String(fault(mutant)))),
    ];
    for (const made of proofs) print(inWords(made));
    const work = async (lane: Lane) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const made = await tryMutant(lane, mutant);
        proofs.push(made);
        print(`${proofs.length}/${mutants.length} ${inWords(made)}`);
      }
    };
    await Promise.all(lanes.map(work));
    return proofs.sort((a, b) => mutants.indexOf(a.mutant) - mutants.indexOf(b.mutant));
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

/** What is wrong with each test file that is not green with all guards in place. */
async function redFiles(lanes: Lane[], mutants: readonly Mutant[], print: (line: string) => void) {
  const begun = performance.now();
  const files = [...new Set(mutants.flatMap(({ tests }) => tests))].sort();
  const queue = [...files];
  const red = new Map<string, string>();
  let passed = 0;
  const work = async (lane: Lane) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const tests = [file];
      const run = await sureRun((only) => lane.run(tests, only));
      if (run.kind === "green") passed += run.passed;
      else if (run.kind === "broken") red.set(file, run.why);
      else red.set(file, `red with all guards in place: ${run.file}: ${run.test}: ${run.message}`);
    }
  };
  await Promise.all(lanes.map(work));
  print(
    `${passed} tests of ${files.length} files are green with all guards in place, ${secondsSince(begun)} s`,
  );
  return red;
}

async function tryMutant(lane: Lane, mutant: Mutant): Promise<Proof> {
  const begun = performance.now();
  const run = await lane.without(mutant, () => sureRun((only) => lane.run(mutant.tests, only)));
  const seconds = secondsSince(begun);
  if (run.kind === "green") return { ...proof(mutant, "survived", `${run.passed} tests passed`), seconds };
  if (run.kind === "broken") return { ...proof(mutant, "broken", run.why), seconds };
  const timedOut = run.message.includes("Test timed out") ? " (ran out of time)" : "";
  return { mutant, outcome: "killed", by: { file: run.file, test: run.test + timedOut }, seconds };
}

const mostRuns = 3;

/** One failure may be chance, on a machine under load: a test must fail twice, alone or with those before it. */
async function sureRun(run: (only?: string) => Promise<TestRun>): Promise<TestRun> {
  const failedOnce = new Set<string>();
  for (let times = 1; times <= mostRuns; times++) {
    const all = await run();
    if (all.kind !== "red" || failedOnce.has(all.test)) return all;
    failedOnce.add(all.test);
    const alone = await run(all.test);
    if (alone.kind === "red") return alone;
  }
  return { kind: "broken", why: `each run fails in another test: ${[...failedOnce].join("; ")}` };
}

const secondsSince = (begun: number) => Math.round((performance.now() - begun) / 100) / 10;

function proof(mutant: Mutant, outcome: Proof["outcome"], why: string): Proof {
  return { mutant, outcome, by: { file: "", test: why }, seconds: 0 };
}

function sourceOf(root: string, { file }: Mutant): string {
  try {
    return readFileSync(path.join(root, file), "utf8");
  } catch {
    return "";
  }
}

function inWords({ mutant, outcome, by, seconds }: Proof): string {
  const [what] = by.test.split("\n");
  const where = by.file ? `${by.file}: ${what}` : what;
  return `${outcome.toUpperCase()} ${seconds} s · ${mutant.name} · ${where}`;
}
