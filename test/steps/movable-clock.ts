import type { Clock } from "../../lib/clock.ts";

/** Real time plus an offset that a test advances; the gateway's clock reads the same offset from `CLOCK_OFFSET_MS`. */
export type MovableClock = Clock & { advance(ms: number): void };

export function movableClock(): MovableClock {
  let offsetMs = 0;
  process.env.CLOCK_OFFSET_MS = "0";
  return {
    now: () => new Date(Date.now() + offsetMs),
    advance(ms) {
      offsetMs += ms;
      process.env.CLOCK_OFFSET_MS = String(offsetMs);
    },
  };
}
