/** A wake-up may arrive this much before its time, because clocks differ. */
export const earlyMs = 1_000;

/**
 * What a wake-up for a row means: `due`; `early`, because the queue delays at most 15 minutes: re-queue it; or
 * `stale`, for another time than the row's: ignore it, or repeated wake-ups would re-queue themselves for ever.
 */
export function meaningOf(woken: Date, nextPollAt: Date, now: Date): "due" | "early" | "stale" {
  const wait = nextPollAt.getTime() - now.getTime();
  if (wait <= /* mutation: wake-up-early */ earlyMs) return "due";
  const isItsOwn = /* mutation: wake-up-current */ woken.getTime() === nextPollAt.getTime();
  return isItsOwn ? "early" : "stale";
}
