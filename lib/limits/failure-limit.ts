import type { Clock } from "../clock.ts";
import { type Failure, GatewayError } from "../errors.ts";
import { buckets } from "./buckets.ts";
import { quotaOf } from "./rate-limit.ts";

/**
 * Runs `work` unless one of these names has caused too many failures; a failure counts against each name. `names` maps
 * each name to its allowed failures a minute.
 */
export type FailureLimit = <T>(names: Record<string, number>, work: () => Promise<T>) => Promise<T>;

/**
 * Makes repeated failures cost one in-memory check. Successes are not counted, so a caller is admitted again as soon
 * as one more failure would be allowed: a corrected secret works within seconds.
 */
export function failureLimit(clock: Clock, counted: readonly Failure[]): FailureLimit {
  const failures = buckets(clock);
  return async (names, work) => {
    const all = Object.entries(names);
    for (const [name, perMinute] of all) {
      const { retryAfterSeconds } = quotaOf(
        perMinute,
        failures.take(name, perMinute, /* mutation: failures-peek */ true),
      );
      // mutation: failures-refuse
      if (retryAfterSeconds !== null) throw tooMany(retryAfterSeconds);
    }
    try {
      return await work();
    } catch (error) {
      if (
        error instanceof GatewayError &&
        /* mutation: failures-counted-kinds */ counted.includes(error.failure)
      ) {
        for (const [name, perMinute] of all) failures.take(name, perMinute);
      }
      throw error;
    }
  };
}

function tooMany(retryAfterSeconds: number): GatewayError {
  const message = `too many failed calls from your address; try again in ${retryAfterSeconds} s`;
  return new GatewayError("too_many_requests", message, { retryAfterSeconds });
}
