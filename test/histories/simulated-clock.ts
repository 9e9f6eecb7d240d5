import type { WaitingClock } from "../../lib/clock.ts";

/** A clock that moves only when a history advances it, or when code sleeps. */
export type SimulatedClock = WaitingClock & {
  advance(ms: number): void;
  onMove(moved: () => void): void;
};

export function simulatedClock(start: Date): SimulatedClock {
  const followers: (() => void)[] = [];
  let time = start.getTime();
  const clock: SimulatedClock = {
    now: () => new Date(time),
    advance(ms) {
      time += ms;
      for (const moved of followers) moved();
    },
    onMove: (moved) => void followers.push(moved),
    async sleep(ms) {
      clock.advance(ms);
    },
  };
  return clock;
}
