import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Called before and after everything that leaves the process; it may hold, fail or kill. `what` begins with the kind:
 * `sql COMMIT`, `http POST api.stripe.com/v1/refunds`, `queue notify`, `redis`, `kms`.
 */
export type Failpoints = (when: "before" | "after", what: string) => Promise<void>;

const active = /* @__PURE__ */ new AsyncLocalStorage<Failpoints>();

/** Runs `run` with these failpoints active for everything that leaves the process. */
export function withFailpoints<T>(failpoints: Failpoints, run: () => Promise<T>): Promise<T> {
  return active.run(failpoints, run);
}

/**
 * Stands on both sides of every await on something outside of this process, behind `if (process.env.FAILPOINTS)`. Builds
 * replace that condition by a constant, so what is deployed holds neither the points nor this file.
 */
export async function reach(when: "before" | "after", what: string): Promise<void> {
  await active.getStore()?.(when, what);
}
