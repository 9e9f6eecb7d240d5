import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { Reply } from "../kernel/call.ts";
import type { Keep } from "../kernel/stored-state.ts";
import { StripeError } from "./stripe-error.ts";

/** One POST with an `Idempotency-Key`. */
export type Keyed = {
  accountId: string;
  key: string;
  path: string;
  body: string;
  requestId: string;
  /** Real milliseconds for which the request counts as still in flight after it was executed. */
  inFlightMs: number;
};

type Cached = Keyed & { reply: Reply; until: Date; inFlight: boolean };

const keepSeconds = 24 * 3600;

/**
 * Stripe's idempotency (docs.stripe.com/api/idempotent_requests): the first answer, also a 500, is stored for 24 hours
 * and replayed for the same parameters. Refusals before execution are not stored.
 */
export function createIdempotency(clock: Clock, keep: Keep): (keyed: Keyed, execute: () => Reply) => Reply {
  const stored = keep("answers", new Map<string, Cached>());
  // No request from before a restart is in flight.
  for (const entry of stored.values()) entry.inFlight = false;

  return (keyed, execute) => {
    if ([...keyed.key].length > 255)
      throw new StripeError("Idempotency keys must be at most 255 characters.");
    const name = `${keyed.accountId} ${keyed.key}`;
    const first = stored.get(name);
    if (first && clock.now() < first.until) return replay(first, keyed);
    let reply: Reply;
    try {
      reply = execute();
    } catch (error) {
      if (!(error instanceof StripeError && error.executed)) throw error;
      reply = error.reply();
    }
    const until = secondsAfter(clock.now(), keepSeconds);
    const entry = { ...keyed, reply, until, inFlight: keyed.inFlightMs > 0 };
    stored.set(name, entry);
    setTimeout(() => {
      entry.inFlight = false;
    }, keyed.inFlightMs).unref();
    return reply;
  };
}

function replay(first: Cached, again: Keyed): Reply {
  if (first.path !== again.path || first.body !== again.body) {
    const what = first.path === again.path ? "with the same parameters" : "for the same endpoint";
    throw new StripeError(
      `Keys for idempotent requests can only be used ${what} they were first used with. Try using a key other than '${again.key}' if you meant to execute a different request.`,
      { type: "idempotency_error" },
    );
  }
  if (first.inFlight) {
    throw new StripeError(
      `There is currently another in-progress request using this Idempotent Key: ${again.key}. Please try again later.`,
      { status: 409, type: "idempotency_error", code: "idempotency_key_in_use" },
    );
  }
  const headers = { "idempotent-replayed": "true", "original-request": first.requestId };
  return { ...first.reply, headers: { ...first.reply.headers, ...headers } };
}
