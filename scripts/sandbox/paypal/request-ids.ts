import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { Keep } from "../kernel/kept-state.ts";
import { PaypalError } from "./paypal-error.ts";

/** One POST with a `PayPal-Request-Id`; without one it is executed each time. */
export type Identified = {
  merchantId: string;
  path: string;
  requestId: string | undefined;
  keepSeconds: number;
  /** Real milliseconds for which the request counts as still in flight after it was executed. */
  inFlightMs: number;
};

/** Executes once per id; `replayed`: it was executed before, and `result` is the same thing as it is now. */
export type OncePerRequestId = <T extends object>(
  identified: Identified,
  execute: () => T,
) => { result: T; replayed: boolean };

const hour = 3600;

/** Orders and their captures: six hours; refunds: 45 days (PayPal-Request-Id in the Orders v2 and Payments v2 APIs). */
export const keepSeconds = { order: 6 * hour, payment: 45 * 24 * hour } as const;

/**
 * PayPal's idempotency (developer.paypal.com/api/rest/reference/idempotency): a repeat is told the latest state of what
 * the first one made, whatever its body says. Refusals are not kept.
 */
export function createRequestIds(clock: Clock, keep: Keep): OncePerRequestId {
  const kept = keep("request ids", new Map<string, { result: object; until: Date; inFlight: boolean }>());
  // Nothing of before a restart is in flight.
  for (const entry of kept.values()) entry.inFlight = false;

  return <T extends object>({ requestId, ...identified }: Identified, execute: () => T) => {
    if (requestId === undefined) return { result: execute(), replayed: false };
    const name = `${identified.merchantId} ${identified.path} ${requestId}`;
    const first = kept.get(name);
    if (first && clock.now() < first.until) {
      if (first.inFlight) throw inFlight();
      // The path decides what kind of thing is kept under it.
      return { result: first.result as T, replayed: true };
    }
    const result = execute();
    const until = secondsAfter(clock.now(), identified.keepSeconds);
    const entry = { result, until, inFlight: identified.inFlightMs > 0 };
    kept.set(name, entry);
    setTimeout(() => {
      entry.inFlight = false;
    }, identified.inFlightMs).unref();
    return { result, replayed: false };
  };
}

function inFlight(): PaypalError {
  const description =
    "A previous request on this resource is currently in progress. Please wait for some time.";
  return new PaypalError({
    status: 409,
    name: "RESOURCE_CONFLICT",
    message: "The server has detected a conflict while processing this request.",
    details: [{ issue: "PREVIOUS_REQUEST_IN_PROGRESS", description }],
  });
}
