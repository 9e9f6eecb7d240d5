// Runs test files of the repository in its working directory whenever its parent asks: starting Vitest for each mutant
// would take longer than most of the tests. Forked by `startTests`; ends with its parent.
import path from "node:path";
import { inspect } from "node:util";
import { createVitest, type TestRunResult } from "vitest/node";
import type { TestOrder, TestRun } from "./tests.ts";

const folder = process.cwd();
const vitest = await createVitest("test", {
  root: folder,
  watch: false,
  bail: 1,
  maxWorkers: 1,
  reporters: [{}],
});

async function run({ tests, changed, only }: TestOrder): Promise<TestRun> {
  for (const file of changed) vitest.invalidateFile(path.join(folder, file));
  let passed = 0;
  for (const test of tests) {
    const run = await runFile(test, only);
    if (run.kind !== "green") return run;
    passed += run.passed;
  }
  return { kind: "green", passed };
}

async function runFile(test: string, only: string | undefined): Promise<TestRun> {
  const file = path.join(folder, test);
  const project = vitest.projects.find((one) => one.matchesTestGlob(file));
  if (!project) return { kind: "broken", why: `${test} belongs to no project of vitest.config.ts` };
  const specification = project.createSpecification(file, only === undefined ? {} : { testNames: [only] });
  return verdict(test, file, await vitest.runTestSpecifications([specification]));
}

/** A run without a failed test can still be `broken`: by an import, a setup hook, or an error after a test. */
function verdict(test: string, file: string, { testModules, unhandledErrors }: TestRunResult): TestRun {
  // Vitest also returns the modules of earlier runs.
  const module = testModules.find(({ moduleId }) => moduleId === file);
  if (!module) return { kind: "broken", why: `${test} was not run` };
  const tests = [...module.children.allTests()];
  const failed = tests.find((each) => each.result().state === "failed");
  if (failed) {
    const message = (failed.result().errors ?? []).map((error) => error.stack ?? error.message).join("\n");
    // The mutation made invalid SQL, so the failure does not prove that the tests check the behaviour.
    if (/ER_PARSE_ERROR|ER_BAD_FIELD_ERROR|error in your SQL syntax/.test(message))
      return { kind: "broken", why: message };
    return { kind: "red", file: test, test: failed.fullName, message };
  }
  const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
  const stumbled = [...module.errors(), ...suites, ...unhandledErrors].map(messageOf);
  if (stumbled.length > 0) return { kind: "broken", why: `${test}: ${stumbled[0]}` };
  const passed = tests.filter((each) => each.result().state === "passed").length;
  return passed === 0 ? { kind: "broken", why: `${test}: no test ran` } : { kind: "green", passed };
}

/** Unhandled errors of a worker arrive as plain objects. */
function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error
    ? String(error.message)
    : inspect(error);
}

process.on("message", async (order: TestOrder) => process.send?.(await run(order)));
process.on("disconnect", () => process.exit());
