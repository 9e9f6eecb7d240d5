import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import { PaypalError } from "./paypal-error.ts";

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
 * the first one made, whatever its body says; one of a refused request is told the same refusal.
 */
export function createRequestIds(clock: Clock): OncePerRequestId {
  const kept = new Map<string, Kept>();

  return <T extends object>({ requestId, ...identified }: Identified, act: () => T) => {
    const execute = () => {
      if (identified.refused) throw identified.refused;
      return act();
    };
    if (requestId === undefined) return { result: execute(), replayed: false };
    const name = `${identified.merchantId} ${identified.path} ${requestId}`;
    const first = kept.get(name);
    if (first && clock.now() < first.until) {
      if (first.inFlight) throw inFlight();
      if (first.result instanceof PaypalError) throw first.result;
      // The path decides what kind of thing is kept under it.
      return { result: first.result as T, replayed: true };
    }
    const result = outcomeOf(execute);
    const until = secondsAfter(clock.now(), identified.keepSeconds);
    const entry = { result, until, inFlight: identified.inFlightMs > 0 };
    kept.set(name, entry);
    setTimeout(() => {
      entry.inFlight = false;
    }, identified.inFlightMs).unref();
    if (result instanceof PaypalError) throw result;
    return { result, replayed: false };
  };
}

/** What is kept under an id: the thing that was made, or why nothing was. */
type Kept = { result: object; until: Date; inFlight: boolean };

/** What PayPal has read and judged; who may not ask, or asks too often, is not kept. */
export function isKept({ status }: PaypalError): boolean {
  return status === 400 || status === 422;
}

function outcomeOf<T extends object>(execute: () => T): T | PaypalError {
  try {
    return execute();
  } catch (error) {
    if (error instanceof PaypalError && isKept(error)) return error;
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
