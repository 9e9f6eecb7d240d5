import { randomUUID } from "node:crypto";
import { withFailpoints } from "../../lib/failpoint.ts";
import { withInvocation } from "../../lib/invocation.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import { OutboundError } from "../../lib/outbound/outbound-error.ts";

/**
 * What happens to an invocation at its crossing number `at` (two for each await on something outside: before, after).
 * - `kill`: the process is gone, with everything that runs in it
 * - `pause`: frozen until it is resumed or killed; never inside a transaction, because its locks would stop the others
 * - `refuse`: the call is not made and fails · `lose`: the call is made and its answer lost.
 */
export type Fault = { at: number; act: "kill" | "pause" | "refuse" | "lose" };

export type Outcome<T> =
  | { kind: "done"; value: T }
  | { kind: "threw"; error: unknown }
  | { kind: "killed" }
  | { kind: "paused" };

type Environment = { gateway: Gateway; isDead: boolean };

/** An invocation that is frozen; `resume` ends when it does, or is frozen or killed again. */
export type Frozen = { what: string; resume(): Promise<Outcome<unknown>>; kill(): Promise<void> };

/** Execution environments as the platform has them: one event at a time each, made when none is idle. */
export type Environments = {
  run<T>(
    what: string,
    work: (gateway: Gateway) => Promise<T>,
    fault?: Fault | undefined,
  ): Promise<Outcome<T>>;
  readonly frozen: Frozen[];
  /** How many invocations were killed, or had an answer lost. */
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

  /** One may have been killed by what its last invocation had left behind. */
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
    let crossings = -1;
    let isOver = fault === undefined;
    let isInTransaction = false;

    async function meet(when: "before" | "after", crossed: string): Promise<void> {
      if (environment.isDead) return forever();
      crossings += 1;
      if (when === "after" && /^sql (begin|start transaction)/i.test(crossed)) isInTransaction = true;
      if (when === "after" && /^sql (commit|rollback)/i.test(crossed)) isInTransaction = false;
      if (isOver || !fault || crossings < fault.at) return;
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

/** A promise that can be settled from outside, and made anew. */
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

/** What the drivers throw when the network fails; `sent`: the other side has done what it was asked. */
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
