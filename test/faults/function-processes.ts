import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Fault } from "./fault.ts";
import type { Order, Report } from "./function-process.ts";

/** A fault that the next invocation of a function will meet. */
export type Injection = {
  /** Resolves once the process was killed, is held, or had its call at the boundary fail. */
  met: Promise<void>;
  /** Resolves once the invocation has returned, thrown or died. */
  over: Promise<void>;
  /** Lets a held process go on. */
  release(): void;
  /** Ends a held process by SIGKILL. */
  kill(): Promise<void>;
};

export type FunctionProcesses = {
  /** Calls a function's handler in an idle process. Rejects when the handler throws or its process dies. */
  invoke(entry: string, event: unknown): Promise<unknown>;
  /** Makes the next invocation of this function meet this fault; `fresh`: in a new process. */
  inject(entry: string, fault: Fault, options?: { fresh: boolean }): Injection;
  /** Ends every process; rejects when a fault was never met by an invocation. */
  stop(): Promise<void>;
};

type Waiting = Injection & { entry: string; fault: Fault; fresh: boolean; run(child: ChildProcess): void };

/** The number of loaded processes that wait for their first event. */
const spare = 2;

/** Runs functions in processes that handle one event at a time, as Lambda's execution environments do. */
export function openFunctionProcesses(entries: readonly string[], cacheFolder: string): FunctionProcesses {
  const all = new Set<ChildProcess>();
  const idle: ChildProcess[] = [];
  const fresh: ChildProcess[] = [];
  const waiting: Waiting[] = [];

  function start(): ChildProcess {
    const child = fork(path.join(import.meta.dirname, "function-process.ts"), [...entries], {
      execArgv: [],
      env: { ...process.env, FAILPOINTS: "on", NODE_COMPILE_CACHE: cacheFolder },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    all.add(child);
    child.once("exit", () => all.delete(child));
    return child;
  }
  const refill = () => {
    while (fresh.length < spare) fresh.push(start());
  };
  refill();

  function take(isFresh: boolean): ChildProcess {
    const child = (isFresh ? undefined : idle.pop()) ?? fresh.shift() ?? start();
    refill();
    return child;
  }

  async function invoke(entry: string, event: unknown): Promise<unknown> {
    const at = waiting.findIndex((each) => each.entry === entry);
    const [injection] = at < 0 ? [] : waiting.splice(at, 1);
    const child = take(injection?.fresh ?? false);
    injection?.run(child);
    const fault = injection?.fault ?? null;
    const [answered, rested] = [next(child, "answer", "threw"), next(child, "idle")];
    tell(child, { kind: "event", entry, event, environment: environment(), fault });
    const report = await answered;
    if ((await rested).kind === "idle") idle.push(child);
    if (report.kind === "answer") return report.answer;
    throw new Error(
      report.kind === "threw" ? `${entry} threw ${report.error}` : `${entry}: its process died`,
    );
  }

  function inject(entry: string, fault: Fault, { fresh: isFresh } = { fresh: false }): Injection {
    const met = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    let held: ChildProcess | undefined;
    const injection: Waiting = {
      entry,
      fault,
      fresh: isFresh,
      met: met.promise,
      over: over.promise,
      release() {
        if (held?.connected) tell(held, { kind: "release", environment: environment() });
        held = undefined;
      },
      async kill() {
        held?.kill("SIGKILL");
        await over.promise;
      },
      run(child) {
        held = child;
        void next(child, "held", "failed", "idle").then(({ kind }) => {
          if (kind === (fault.act === "kill" ? "exit" : fault.act === "hold" ? "held" : "failed"))
            met.resolve();
          else met.reject(new Error(`${entry} never met ${JSON.stringify(fault)}: ${kind}`));
        });
        void next(child, "idle").then(() => over.resolve());
      },
    };
    // A rejection that nobody awaits must not end the test process.
    met.promise.catch(() => {});
    waiting.push(injection);
    return injection;
  }

  return {
    invoke,
    inject,
    async stop() {
      await Promise.all(
        [...all].map(async (child) => {
          child.kill("SIGKILL");
          await once(child, "exit");
        }),
      );
      if (waiting.length > 0)
        throw new Error(`faults that no invocation met: ${waiting.map(({ entry }) => entry)}`);
    },
  };
}

const tell = (child: ChildProcess, order: Order) => void child.send(order);

/** Addresses of all services, and settings of the clock. */
const environment = () => ({ ...process.env, FAILPOINTS: "on" });

type Next = Report | { kind: "exit" };

/** The next report of one of these kinds, or the process's end. */
function next(child: ChildProcess, ...kinds: Report["kind"][]): Promise<Next> {
  return new Promise((resolve) => {
    const onReport = (report: Report) => {
      if (kinds.includes(report.kind)) end(report);
    };
    const exit = () => end({ kind: "exit" });
    function end(how: Next): void {
      child.off("message", onReport).off("exit", exit);
      resolve(how);
    }
    child.on("message", onReport).once("exit", exit);
  });
}
