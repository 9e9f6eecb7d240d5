import { BoundedMap } from "../bounded-map.ts";
import type { Clock } from "../clock.ts";

/**
 * The result of one call. `debtUs`: how long until the debt is paid off and all calls of a minute may come at once
 * again, in microseconds, the unit of Redis' clock.
 */
export type Taken = { allowed: boolean; debtUs: number };

/** The debt that one call adds at this rate, in microseconds; it shrinks as time passes. */
export function intervalUs(perMinute: number): number {
  return Math.ceil(60_000_000 / perMinute);
}

/** The largest debt, in microseconds: all calls of a minute, made at once. */
export function windowUs(perMinute: number): number {
  return perMinute * intervalUs(perMinute);
}

/**
 * The generic cell rate algorithm (GCRA) in this process; beyond `most` names the least recently used one is dropped.
 */
export function buckets(clock: Clock, most = 10_000) {
  const freeAt = new BoundedMap<number>(most);

  return {
    /** Takes one call from the bucket; a refused call costs nothing. `peek`: an allowed one costs nothing either. */
    take(name: string, perMinute: number, peek = false): Taken {
      const now = clock.now().getTime() * 1000;
      // At most the window, also after a clock that went back.
      // mutation: bucket-most-owed
      const debtUs = Math.min(
        /* mutation: bucket-nothing-saved */ Math.max((freeAt.get(name) ?? now) - now, 0),
        windowUs(perMinute),
      );
      const owed = debtUs + intervalUs(perMinute);
      const allowed = owed <= /* mutation: bucket-allowed */ windowUs(perMinute);
      const after =
        /* mutation: bucket-refused-not-owed */ allowed && /* mutation: bucket-peek-not-owed */ !peek
          ? owed
          : debtUs;
      if (after > 0) freeAt.set(name, now + after);
      return { allowed, debtUs: after };
    },
  };
}
