import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { InvocationMessage, WorkerMessage } from "./worker.ts";

/** A failed invocation. Its name is what Lambda calls the failure, or the name of the error that the handler threw. */
export class InvocationError extends Error {
  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** One child process that has loaded one function. */
export type ExecutionEnvironment = {
  pid: number | undefined;
  /** `event` and the answer are JSON text. Rejects with an InvocationError; a timeout kills the environment. */
  invoke(event: string, clockOffsetMs: number): Promise<string>;
  /** Whether it timed out, crashed or was dismissed, and takes no more events. */
  failed(): boolean;
  /** Resolves when the process is gone. */
  ended: Promise<void>;
  /** Kills it without logging a failure. */
  dismiss(): void;
};

const workerFile = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** Lambda leaves a tenth of the memory to the runtime outside of the JavaScript heap. */
const heapShare = 0.9;
/** Lambda's limit for one answer, in bytes. */
const answerLimit = 6_291_556;

/** Starts a process for the function. Lines that it writes, and how it failed, go to `log`. */
export function startEnvironment(lambda: LambdaFunction, log: (line: string) => void): ExecutionEnvironment {
  const child = fork(workerFile, {
    cwd: lambda.folder,
    env: lambda.environment,
    execArgv: [`--max-old-space-size=${Math.floor(lambda.memoryMb * heapShare)}`],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // In its own session: Ctrl-C reaches the host alone, which lets events in flight finish.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on("line", log);
  }

  const failure = new AbortController();
  function fail(name: string, message: string): void {
    if (failure.signal.aborted) return;
    log(`${name}: ${message} (execution environment ${child.pid}; the next event gets a new one)`);
    failure.abort(new InvocationError(name, message));
  }

  const ended = Promise.withResolvers<void>();
  child.once("exit", (code, signal) => {
    fail("Runtime.ExitError", `Runtime exited with ${signal ?? `exit status ${code}`}`);
    ended.resolve();
  });
  child.once("error", (error) => {
    fail("Runtime.Unreachable", error.message);
    if (child.pid === undefined) ended.resolve();
  });

  const ready = nextMessage(child, failure.signal, ({ kind }) => (kind === "ready" ? true : undefined));
  // `invoke` reports a failed load; until the first call nothing else handles this rejection.
  ready.catch(() => undefined);

  async function invoke(event: string, clockOffsetMs: number): Promise<string> {
    await ready;
    const requestId = randomUUID();
    const { timeoutSeconds, arn } = lambda;
    const deadline = Date.now() + timeoutSeconds * 1000;
    const timer = setTimeout(() => {
      fail("Sandbox.Timedout", `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`);
      child.kill("SIGKILL");
    }, timeoutSeconds * 1000);
    const answer = nextMessage(child, failure.signal, (message) => outcomeOf(message, requestId));
    const invocation: InvocationMessage = { requestId, event, deadline, clockOffsetMs, functionArn: arn };
    // A process that cannot be reached is exiting; its exit event carries the reason.
    child.send(invocation, (error) => error && child.kill("SIGKILL"));
    try {
      const outcome = await answer;
      if (outcome.kind === "result") return withinLimit(outcome.result);
      throw new InvocationError(outcome.errorType, outcome.errorMessage, { cause: outcome.stackTrace });
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    pid: child.pid,
    invoke,
    failed: () => failure.signal.aborted,
    ended: ended.promise,
    dismiss() {
      failure.abort(
        new InvocationError("Runtime.Dismissed", "The local host ended this execution environment"),
      );
      child.kill("SIGKILL");
    },
  };
}

type Outcome = Exclude<WorkerMessage, { kind: "ready" }>;

function outcomeOf(message: WorkerMessage, requestId: string): Outcome | undefined {
  return message.kind !== "ready" && message.requestId === requestId ? message : undefined;
}

function withinLimit(answer: string): string {
  if (Buffer.byteLength(answer) <= answerLimit) return answer;
  throw new InvocationError("Function.ResponseSizeTooLarge", `Response exceeds ${answerLimit} bytes`);
}

/** The first message that `pick` recognises; rejects with the signal's reason when the environment fails first. */
function nextMessage<T>(
  child: ChildProcess,
  failed: AbortSignal,
  pick: (message: WorkerMessage) => T | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (failed.aborted) return reject(failed.reason);
    const onMessage = (message: WorkerMessage) => {
      const picked = pick(message);
      if (picked === undefined) return;
      child.off("message", onMessage);
      failed.removeEventListener("abort", onFailure);
      resolve(picked);
    };
    const onFailure = () => {
      child.off("message", onMessage);
      reject(failed.reason);
    };
    child.on("message", onMessage);
    failed.addEventListener("abort", onFailure, { once: true });
  });
}

/** One function of the template, resolved. */
export type LambdaFunction = {
  /** Its file under functions/, for example `webhooks/alipay`; its log lines are prefixed with it. */
  entry: string;
  name: string;
  arn: string;
  /** Absolute path of the unpacked bundle. */
  folder: string;
  memoryMb: number;
  timeoutSeconds: number;
  maxEnvironments: number;
  /** Name of the log group that its lines go to. */
  logGroup: string;
  /** All environment variables of its processes. */
  environment: Readonly<Record<string, string>>;
};
