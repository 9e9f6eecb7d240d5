import { AsyncLocalStorage } from "node:async_hooks";

/** What the code that runs inside one invocation may know about it. */
export type Invocation = {
  requestId: string;
  /** Milliseconds until the platform ends this invocation. */
  remainingMs: () => number;
  /** The caller's valid key, once authenticated. */
  caller?: CallingKey;
};

/** The valid key that a call carries. */
export type CallingKey = { userId: string; keyId: string };

const invocations = new AsyncLocalStorage<Invocation>();
const transactions = new AsyncLocalStorage<true>();

/** Outside an invocation (tests, scripts) there is no platform that would end it. */
const unlimited: Invocation = { requestId: "", remainingMs: () => Number.POSITIVE_INFINITY };

export function withInvocation<T>(invocation: Invocation, run: () => Promise<T>): Promise<T> {
  return invocations.run(invocation, run);
}

export function currentInvocation(): Invocation {
  return invocations.getStore() ?? unlimited;
}

/** Attributes the current invocation to this key and its merchant, whatever its outcome. */
export function identifyCaller(caller: CallingKey): void {
  const invocation = invocations.getStore();
  if (invocation) invocation.caller = caller;
}

export function insideTransaction<T>(run: () => Promise<T>): Promise<T> {
  return transactions.run(true, run);
}

/** A network call inside a transaction would hold its row locks for as long as the other side takes. */
export function assertNoTransaction(call: string): void {
  // mutation: no-call-in-transaction
  if (transactions.getStore()) throw new Error(`${call} inside a database transaction`);
}
