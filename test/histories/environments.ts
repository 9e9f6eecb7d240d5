import { randomUUID } from "node:crypto";
import { withFailpoints } from "../../lib/failpoint.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { withInvocation } from "../../lib/invocation.ts";
import { OutboundError } from "../../lib/outbound/outbound-error.ts";

/**
 * What happens to an invocation at its boundary number `at`. Every call that leaves the process has two: before, after.
 * - `kill`: the process dies with everything that runs in it
 * - `pause`: frozen until it is resumed or killed; never inside a transaction, because its locks would block the others
 * - `refuse`: the call is not made and fails · `lose`: the call is made and its response is lost.
 */
export type Fault = { at: number; act: "kill" | "pause" | "refuse" | "lose" };

export type Outcome<T> =
  | { kind: "done"; value: T }
  | { kind: "threw"; error: unknown }
  | { kind: "killed" }
  | { kind: "paused" };

type Environment = { gateway: Gateway; isDead: boolean };

/** A frozen invocation. `resume` resolves when the invocation has ended, or is frozen or killed again. */
export type Frozen = { what: string; resume(): Promise<Outcome<unknown>>; kill(): Promise<void> };

/** Execution environments like Lambda's: each handles one event at a time; a new one starts if none is idle. */
export type Environments = {
  run<T>(
    what: string,
    work: (gateway: Gateway) => Promise<T>,
    fault?: Fault | undefined,
  ): Promise<Outcome<T>>;
  readonly frozen: Frozen[];
  /** The number of invocations that were killed or had a response lost. */
  harmed(): number;
  close(): Promise<void>;
};

const invocationMs = 29_000;

export function openEnvironments(build: () => Gateway): Environments {
  const all: Environment[] = [];
  const idle: Environment[] = [];
  const frozen: Frozen[] = [];
  let harmed = 0;

  function fresh(): Environment {
    const environment = { gateway: build(), isDead: false };
    all.push(environment);
    return environment;
  }

  /** Skips environments that work left over from their last invocation has killed. */
  function takeIdle(): Environment | undefined {
    const environment = idle.pop();
    return environment?.isDead ? takeIdle() : environment;
  }

  async function end(environment: Environment): Promise<void> {
    environment.isDead = true;
    await environment.gateway.close();
  }

  async function run<T>(
    what: string,
    work: (gateway: Gateway) => Promise<T>,
    fault?: Fault,
  ): Promise<Outcome<T>> {
    const environment = takeIdle() ?? fresh();
    const stopped = signal<Outcome<T>>();
    let boundaries = -1;
    let isOver = fault === undefined;
    let isInTransaction = false;

    async function meet(when: "before" | "after", crossed: string): Promise<void> {
      if (environment.isDead) return forever();
      boundaries += 1;
      if (when === "after" && /^sql (begin|start transaction)/i.test(crossed)) isInTransaction = true;
      if (when === "after" && /^sql (commit|rollback)/i.test(crossed)) isInTransaction = false;
      if (isOver || !fault || boundaries < fault.at) return;
      const act = { kill, pause, refuse, lose }[fault.act];
      await act(when, crossed);
    }

    async function kill(): Promise<void> {
      isOver = true;
      harmed += 1;
      await end(environment);
      stopped.settle({ kind: "killed" });
      return forever();
    }

    async function pause(): Promise<void> {
      if (isInTransaction) return;
      isOver = true;
      const resumed = signal<void>();
      frozen.push({
        what,
        async resume() {
          resumed.settle();
          const next = stopped.renew();
          return await next;
        },
        async kill() {
          harmed += 1;
          await end(environment);
        },
      });
      stopped.settle({ kind: "paused" });
      await resumed.promise;
    }

    async function refuse(when: "before" | "after", crossed: string): Promise<void> {
      if (when === "after") return;
      isOver = true;
      throw failure(crossed, false);
    }

    async function lose(when: "before" | "after", crossed: string): Promise<void> {
      if (when === "before") return;
      isOver = true;
      harmed += 1;
      throw failure(crossed, true);
    }

    const until = performance.now() + invocationMs;
    const invocation = { requestId: randomUUID(), remainingMs: () => until - performance.now() };
    const first = stopped.promise;
    withInvocation(invocation, () => withFailpoints(meet, () => work(environment.gateway))).then(
      (value) => {
        if (!environment.isDead) idle.push(environment);
        stopped.settle({ kind: "done", value });
      },
      (error) => {
        if (!environment.isDead) idle.push(environment);
        stopped.settle({ kind: "threw", error });
      },
    );
    return first;
  }

  return {
    run,
    frozen,
    harmed: () => harmed,
    async close() {
      await Promise.all(all.filter(({ isDead }) => !isDead).map(end));
    },
  };
}

const forever = () => new Promise<never>(() => {});

/** A promise that is resolved from outside and can be renewed. */
function signal<T>() {
  let current = Promise.withResolvers<T>();
  return {
    get promise() {
      return current.promise;
    },
    settle: (value: T) => current.resolve(value),
    renew() {
      current = Promise.withResolvers<T>();
      return current.promise;
    },
  };
}

/** The error that a driver throws when the network fails; `sent`: the other side has executed the call. */
function failure(crossed: string, sent: boolean): Error {
  const [kind, , target = ""] = crossed.split(" ");
  if (kind === "http") {
    return sent
      ? new OutboundError("timeout", target, true)
      : new OutboundError("refused", target, false, "ECONNREFUSED");
  }
  const code = sent ? "PROTOCOL_CONNECTION_LOST" : "ECONNREFUSED";
  return Object.assign(new Error(`${kind} is away`), { code, fatal: true });
}
