import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

/** - `red`: a test failed · `green`: all passed · `broken`: the run says nothing about the mutation. */
export type TestRun =
  | { kind: "red"; file: string; test: string; message: string }
  | { kind: "green"; passed: number }
  | { kind: "broken"; why: string };

export type TestOrder = {
  tests: readonly string[];
  /** Files that changed since the last run. */
  changed: readonly string[];
  /** The full name of the one test to run. */
  only?: string | undefined;
};

export type Tests = {
  /** Runs test files one after the other, up to the first test that fails. */
  run(order: TestOrder): Promise<TestRun>;
  stop(): Promise<void>;
};

/** Starts a process that runs tests of the repository in `folder` and discards their output. */
export function startTests(folder: string, env: Record<string, string>, signal: AbortSignal): Tests {
  const child = fork(path.join(import.meta.dirname, "test-process.ts"), {
    cwd: folder,
    env: { ...outsideOfTests(process.env), ...env },
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    signal,
  });
  let complaints = "";
  child.stderr?.on("data", (chunk) => {
    complaints = (complaints + chunk).slice(-2_000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the tests' process ended with ${code}\n${complaints}`)));
  });
  ended.catch(() => {});
  return {
    run(order) {
      child.send(order);
      return Promise.race([once(child, "message").then(([run]) => run as TestRun), ended]);
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended.catch(() => {});
    },
  };
}

/** Removes the variables by which Vitest would take itself for a worker of another Vitest. */
function outsideOfTests(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(VITEST|TEST$|NODE_OPTIONS$)/.test(name)),
  );
}
