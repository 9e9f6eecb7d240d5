/** The movable clock of the local stage: the real time plus an offset that only grows. */
export type HostClock = {
  now(): Date;
  offsetMs(): number;
  /** Moves time forward and resolves when everything that follows the clock has done so. One move at a time. */
  advance(ms: number): Promise<void>;
};

/** `follow` is called after each move, with the milliseconds moved. */
export function createHostClock(follow: (ms: number) => Promise<void>): HostClock {
  let offset = 0;
  let moves = Promise.resolve();
  return {
    now: () => new Date(Date.now() + offset),
    offsetMs: () => offset,
    advance(ms) {
      const move = moves.then(() => {
        offset += ms;
        return follow(ms);
      });
      moves = move.catch(() => undefined);
      return move;
    },
  };
}
