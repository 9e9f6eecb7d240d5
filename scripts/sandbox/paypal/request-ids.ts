import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { Keep } from "../kernel/stored-state.ts";
import { PaypalError, type Words } from "./paypal-error.ts";

/** One POST with a `PayPal-Request-Id`; without one it is executed each time. */
export type Identified = {
  merchantId: string;
  path: string;
  requestId: string | undefined;
  keepSeconds: number;
  /** A fault: the first execution is refused with this. */
  refused: PaypalError | undefined;
  /** Real milliseconds for which the request counts as still in flight after it was executed. */
  inFlightMs: number;
};

/** Executes once per id. `replayed`: an earlier call executed it, and `result` is its object in the current state. */
export type OncePerRequestId = <T extends object>(
  identified: Identified,
  execute: () => T,
) => { result: T; replayed: boolean };

const hour = 3600;

/** Orders and their captures: six hours; refunds: 45 days (PayPal-Request-Id in the Orders v2 and Payments v2 APIs). */
export const keepSeconds = { order: 6 * hour, payment: 45 * 24 * hour } as const;

/**
 * PayPal's idempotency (developer.paypal.com/api/rest/reference/idempotency): a repeated request gets the current state
 * of what the first one created, whatever its body is; the repeat of a refused request gets the same refusal.
 */
export function createRequestIds(clock: Clock, keep: Keep): OncePerRequestId {
  const stored = keep("request ids", new Map<string, Cached>());
  // No request from before a restart is in flight.
  for (const entry of stored.values()) entry.inFlight = false;

  return <T extends object>({ requestId, ...identified }: Identified, act: () => T) => {
    const execute = () => {
      if (identified.refused) throw identified.refused;
      return act();
    };
    if (requestId === undefined) return { result: execute(), replayed: false };
    const name = `${identified.merchantId} ${identified.path} ${requestId}`;
    const first = stored.get(name);
    if (first && clock.now() < first.until) {
      if (first.inFlight) throw inFlight();
      if ("refused" in first) throw new PaypalError(first.refused);
      // The path determines the type of the result.
      return { result: first.result as T, replayed: true };
    }
    const outcome = outcomeOf(execute);
    const until = secondsAfter(clock.now(), identified.keepSeconds);
    const entry = { ...outcome, until, inFlight: identified.inFlightMs > 0 };
    stored.set(name, entry);
    setTimeout(() => {
      entry.inFlight = false;
    }, identified.inFlightMs).unref();
    if ("refused" in outcome) throw new PaypalError(outcome.refused);
    return { result: outcome.result, replayed: false };
  };
}

/** The created object, or the content of the refusal, because an error object cannot be saved across a restart. */
type Outcome<T extends object> = { result: T } | { refused: Words };
type Cached = Outcome<object> & { until: Date; inFlight: boolean };

/** PayPal stores refusals of requests that it has read, but not those for authentication or rate limits. */
export function isStored({ status }: PaypalError): boolean {
  return status === 400 || status === 422;
}

function outcomeOf<T extends object>(execute: () => T): Outcome<T> {
  try {
    return { result: execute() };
  } catch (error) {
    if (error instanceof PaypalError && isStored(error)) return { refused: error.words };
    throw error;
  }
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
