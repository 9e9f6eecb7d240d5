import {
  type ExecutionEnvironment,
  InvocationError,
  type LambdaFunction,
  startEnvironment,
} from "./execution-environment.ts";

/** One execution environment, as the operating system sees it. */
export type FunctionProcess = { entry: string; pid: number; busy: boolean };

/** The execution environments of one function. */
export type Pool = {
  /** Runs the function on an event; waits while every environment is busy. Rejects with an InvocationError. */
  invoke(event: unknown): Promise<unknown>;
  processes(): FunctionProcess[];
  /** Lets events in flight finish, refuses new ones, and resolves when every process is gone. */
  stop(graceMs: number): Promise<void>;
};

type Waiting = { run(environment: ExecutionEnvironment): void; refuse(error: Error): void };

/** Lambda's limit for one event of a synchronous invocation, in bytes. */
const eventLimit = 6_291_556;

/** Starts environments on demand, up to the function's limit. `clockOffsetMs` is called at each invocation. */
export function createPool(
  lambda: LambdaFunction,
  clockOffsetMs: () => number,
  log: (line: string) => void,
): Pool {
  const all = new Set<ExecutionEnvironment>();
  const idle: ExecutionEnvironment[] = [];
  const waiting: Waiting[] = [];
  let stopping = false;

  function start(): ExecutionEnvironment {
    const environment = startEnvironment(lambda, log);
    all.add(environment);
    // Counted until its process is gone, so that there are never more processes than the limit says.
    void environment.ended.then(() => {
      all.delete(environment);
      const at = idle.indexOf(environment);
      if (at >= 0) idle.splice(at, 1);
      serveWaiting();
    });
    return environment;
  }

  function serveWaiting(): void {
    while (waiting.length > 0 && !stopping) {
      const environment = idle.pop() ?? (all.size < lambda.maxEnvironments ? start() : undefined);
      if (environment === undefined) return;
      waiting.shift()?.run(environment);
    }
  }

  function acquire(): Promise<ExecutionEnvironment> {
    if (stopping) return Promise.reject(new InvocationError("HostStopping", "The local host is stopping"));
    return new Promise((run, refuse) => {
      waiting.push({ run, refuse });
      serveWaiting();
    });
  }

  function release(environment: ExecutionEnvironment): void {
    if (environment.failed()) return;
    if (stopping) environment.dismiss();
    else idle.push(environment);
    serveWaiting();
  }

  return {
    async invoke(event) {
      const payload = JSON.stringify(event);
      if (Buffer.byteLength(payload) > eventLimit) {
        throw new InvocationError("RequestTooLargeException", `Request exceeds ${eventLimit} bytes`);
      }
      const environment = await acquire();
      try {
        return JSON.parse(await environment.invoke(payload, clockOffsetMs()));
      } finally {
        release(environment);
      }
    },
    processes: () =>
      [...all].flatMap((environment) =>
        environment.pid === undefined
          ? []
          : [{ entry: lambda.entry, pid: environment.pid, busy: !idle.includes(environment) }],
      ),
    async stop(graceMs) {
      stopping = true;
      for (const { refuse } of waiting.splice(0)) {
        refuse(new InvocationError("HostStopping", "The local host is stopping"));
      }
      for (const environment of idle.splice(0)) environment.dismiss();
      const ended = Promise.all([...all].map((environment) => environment.ended));
      const grace = setTimeout(() => {
        for (const environment of all) environment.dismiss();
      }, graceMs);
      await ended;
      clearTimeout(grace);
    },
  };
}
