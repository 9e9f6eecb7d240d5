import type { Clock } from "../clock.ts";
import { buckets, intervalUs, type Taken, windowUs } from "./buckets.ts";

/** Which of a merchant's limits a call counts against: exactly one, so that one round trip to Redis is enough. */
export type LimitKind = "calls" | "refunds";

/**
 * What a call left: `limit` calls a minute, which may come at once; `remaining` of them may come now; in `resetSeconds`
 * all of them may again. `retryAfterSeconds`: this call was refused, the next one is allowed then.
 */
export type Quota = {
  limit: number;
  remaining: number;
  resetSeconds: number;
  retryAfterSeconds: number | null;
};

/** Buckets that all processes share. */
export interface SharedBuckets {
  /** `undefined`: Redis is not available. */
  take(
    userId: string,
    name: string,
    rate: { intervalUs: number; windowUs: number },
  ): Promise<Taken | undefined>;
}

/** `null`: this merchant has no limit. */
export type RateLimit = (
  caller: { userId: string; rateLimit: number | null },
  kind: LimitKind,
) => Promise<Quota | null>;

/** Refunds move money out: their limit is the merchant's calls a minute divided by this, rounded up. */
const refundShare = 5;

/**
 * Counts a merchant's calls in buckets that all processes share. While those are unavailable each process counts alone,
 * so a merchant may make more calls than the limit, never fewer.
 */
export function rateLimit(shared: SharedBuckets, clock: Clock): RateLimit {
  const own = buckets(clock);
  return async ({ userId, rateLimit: calls }, kind) => {
    if (calls === null) return null;
    const perMinute =
      kind === "refunds"
        ? /* mutation: refund-limit-rounded-up */ Math.ceil(
            calls / /* mutation: refund-limit-share */ refundShare,
          )
        : calls;
    const rate = { intervalUs: intervalUs(perMinute), windowUs: windowUs(perMinute) };
    const result = await shared.take(userId, kind, rate);
    return quotaOf(
      perMinute,
      result ?? /* mutation: limit-without-redis */ own.take(`${userId} ${kind}`, perMinute),
    );
  };
}

/** Times are rounded up, so that a retry at that time is not too early. */
export function quotaOf(perMinute: number, { allowed, debtUs }: Taken): Quota {
  const freeUs = windowUs(perMinute) - debtUs;
  return {
    limit: perMinute,
    remaining: Math.floor(freeUs / intervalUs(perMinute)),
    // mutation: limit-reset-rounded-up
    resetSeconds: Math.ceil(debtUs / 1_000_000),
    retryAfterSeconds: allowed
      ? null
      : /* mutation: retry-after-rounded-up */ Math.ceil((intervalUs(perMinute) - freeUs) / 1_000_000),
  };
}
