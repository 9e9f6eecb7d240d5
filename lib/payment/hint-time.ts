/** A hint may come this much before its time; clocks differ. */
export const earlyMs = 1_000;

/**
 * What a hint to look at a row is worth: `due`; `early`, because the queue delays at most 15 minutes, to be sent on; or
 * `stale`, for another time than the row's: sent on, every repeated hint would go on for as long as the row is looked at.
 */
export function meaningOf(hinted: Date, nextQueryAt: Date, now: Date): "due" | "early" | "stale" {
  const wait = nextQueryAt.getTime() - now.getTime();
  if (wait <= /* mutation: recheck-early */ earlyMs) return "due";
  const isItsOwn = /* mutation: recheck-current-hint */ hinted.getTime() === nextQueryAt.getTime();
  return isItsOwn ? "early" : "stale";
}
