import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";

/** - `red`: a test failed · `green`: all passed · `broken`: what happened says nothing about the guard. */
export type TestRun =
  | { kind: "red"; file: string; test: string; message: string }
  | { kind: "green"; passed: number }
  | { kind: "broken"; why: string };

type Report = {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
};

export type TestRunOptions = {
  folder: string;
  tests: readonly string[];
  /** The full name of the one test to run. */
  only?: string | undefined;
  env: Record<string, string>;
  signal: AbortSignal;
};

/** Runs test files of the copy in `folder`, one after the other, up to the first test that fails. */
export async function runTests({ folder, tests, only, env, signal }: TestRunOptions): Promise<TestRun> {
  const reportFile = path.join(folder, ".report.json");
  rmSync(reportFile, { force: true });
  const vitest = path.join(folder, "node_modules/vitest/vitest.mjs");
  // What the tests log is looked at too, so it must not be held back.
  const options = ["--bail=1", "--maxWorkers=1", "--reporter=json", "--disable-console-intercept"];
  const args = [vitest, "run", ...tests, ...options, `--outputFile=${reportFile}`];
  if (only !== undefined) args.push(`--testNamePattern=^${only.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...outsideOfTests(process.env), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const ended = once(child, "close");
  const [[code], output, complaints] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (!existsSync(reportFile)) return { kind: "broken", why: lastLines(complaints || output) };
  const report: Report = JSON.parse(readFileSync(reportFile, "utf8"));
  // Whatever a test then says, it says about our SQL and not about the guard.
  const unparsed = /ER_PARSE_ERROR|ER_BAD_FIELD_ERROR|You have an error in your SQL syntax/.exec(
    output + complaints,
  );
  if (unparsed) return { kind: "broken", why: `the database does not read it: ${unparsed[0]}` };
  return verdict(report, folder, code === 0 ? null : lastLines(complaints || output));
}

/** A run that ended badly although no test failed has stumbled: over an import, a set-up, an error behind a test. */
function verdict({ testResults }: Report, folder: string, stumbled: string | null): TestRun {
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    if (!failed) continue;
    const file = path.relative(folder, name);
    return { kind: "red", file, test: failed.fullName, message: failed.failureMessages.join("\n") };
  }
  const unfit = testResults.find(({ status }) => status !== "passed");
  if (unfit) return { kind: "broken", why: `${path.relative(folder, unfit.name)}: ${unfit.message}` };
  const passed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "passed").length;
  if (stumbled !== null || passed === 0) return { kind: "broken", why: stumbled || "no test ran" };
  return { kind: "green", passed };
}

/** Vitest would take itself for the worker of another one. */
function outsideOfTests(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(VITEST|TEST$|NODE_OPTIONS$)/.test(name)),
  );
}

function lastLines(text: string): string {
  return text.trim().slice(-1_500) || "it ended without a word";
}
