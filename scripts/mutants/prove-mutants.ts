import { type Lane, openLane } from "./lane.ts";
import { markersIn } from "./markers.ts";
import { type Mutant, type Mutation, mutantOf } from "./mutant.ts";
import type { TestSetup } from "./test-setup.ts";
import type { TestRun } from "./tests.ts";
import { typeFaults } from "./type-check.ts";

/**
 * - `killed`: a test failed · `survived`: none did · `gone`: the mutation does not apply to the sources any more
 * - `broken`: the mutated program does not run, or its tests fail without the mutation too: nothing is proven.
 */
export type Proof = {
  mutation: Mutation;
  /** Empty when the outcome is `gone`. */
  file: string;
  outcome: "killed" | "survived" | "gone" | "broken";
  /** The test that failed, or the reason for any other outcome. */
  by: { file: string; test: string };
  seconds: number;
};

export type ProofOptions = {
  root: string;
  mutations: readonly Mutation[];
  /** One folder for each mutation that runs at the same time; empty, and used by nobody else. */
  folders: readonly string[];
  startSetup(folder: string): Promise<TestSetup>;
  print(line: string): void;
  signal: AbortSignal;
};

/** Runs every mutation against its tests, in copies of `root`. */
export async function proveMutants(options: ProofOptions): Promise<Proof[]> {
  const { root, mutations, print, signal } = options;
  const markers = markersIn(root);
  const applied = mutations.map((mutation) => mutantOf(markers, mutation));
  const present = applied.filter((one) => "mutated" in one);
  const lanes: Lane[] = [];
  try {
    for (const folder of options.folders) lanes.push(await openLane(root, folder, options));
    const faults = await typeFaults(lanes[0]!.copy.folder, present, signal);
    const red = await redFiles(lanes, present, print);
    const fault = (mutant: Mutant) =>
      faults.get(mutant) ?? mutant.mutation.tests.map((file) => red.get(file)).find(Boolean);
    const queue = present.filter((mutant) => fault(mutant) === undefined);
    const proofs = applied.flatMap((one) => {
      if ("fault" in one) return [proof({ ...one, file: "" }, "gone", one.fault)];
      const why = fault(one);
      return why === undefined ? [] : [proof(one, "broken", why)];
    });
    for (const made of proofs) print(inWords(made));
    const work = async (lane: Lane) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const made = await tryMutant(lane, mutant);
        proofs.push(made);
        print(`${proofs.length}/${mutations.length} ${inWords(made)}`);
      }
    };
    await Promise.all(lanes.map(work));
    return proofs.sort((a, b) => mutations.indexOf(a.mutation) - mutations.indexOf(b.mutation));
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

/** The test files that fail without any mutation, each with the reason. */
async function redFiles(lanes: Lane[], mutants: readonly Mutant[], print: (line: string) => void) {
  const begun = performance.now();
  const files = [...new Set(mutants.flatMap(({ mutation }) => mutation.tests))].sort();
  const queue = [...files];
  const red = new Map<string, string>();
  let passed = 0;
  const work = async (lane: Lane) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const tests = [file];
      const run = await sureRun((only) => lane.run(tests, only));
      if (run.kind === "green") passed += run.passed;
      else if (run.kind === "broken") red.set(file, run.why);
      else red.set(file, `red without any mutation: ${run.file}: ${run.test}: ${run.message}`);
    }
  };
  await Promise.all(lanes.map(work));
  print(`${passed} tests of ${files.length} files are green without any mutation, ${secondsSince(begun)} s`);
  return red;
}

async function tryMutant(lane: Lane, mutant: Mutant): Promise<Proof> {
  const begun = performance.now();
  const run = await lane.mutated(mutant, () => sureRun((only) => lane.run(mutant.mutation.tests, only)));
  const seconds = secondsSince(begun);
  if (run.kind === "green") return { ...proof(mutant, "survived", `${run.passed} tests passed`), seconds };
  if (run.kind === "broken") return { ...proof(mutant, "broken", run.why), seconds };
  const timedOut = run.message.includes("Test timed out") ? " (ran out of time)" : "";
  const by = { file: run.file, test: run.test + timedOut };
  return { ...proof(mutant, "killed", ""), by, seconds };
}

const mostRuns = 3;

/** One failure may be chance on a loaded machine: a test must fail twice, alone or with the tests before it. */
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

function proof(
  { mutation, file }: Pick<Mutant, "mutation" | "file">,
  outcome: Proof["outcome"],
  why: string,
): Proof {
  return { mutation, file, outcome, by: { file: "", test: why }, seconds: 0 };
}

function inWords({ mutation, outcome, by, seconds }: Proof): string {
  const [what] = by.test.split("\n");
  const where = by.file ? `${by.file}: ${what}` : what;
  return `${outcome.toUpperCase()} ${seconds} s · ${mutation.name} · ${where}`;
}
