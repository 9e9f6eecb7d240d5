import type { Clock } from "../../lib/clock.ts";

/** Real time plus an offset that a test moves; the gateway's own clock follows it through `CLOCK_OFFSET_MS`. */
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
