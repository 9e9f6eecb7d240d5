export type Semaphore = {
  /** Takes a place, first come, first served; `false`: none became free in time. */
  enter(): Promise<boolean>;
  release(): void;
  isFree(): boolean;
};

/** `places` holders at a time; a wait ends after `longestWaitMs`. */
export function semaphore(places: number, longestWaitMs: number): Semaphore {
  let taken = 0;
  const waiting: (() => void)[] = [];
  return {
    enter() {
      if (taken < places) {
        taken += 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const called = () => {
          clearTimeout(timer);
          resolve(true);
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(called), 1);
          resolve(false);
        }, /* mutation: turnstile-longest-wait */ longestWaitMs);
        waiting.push(called);
      });
    },
    release() {
      const next = waiting.shift();
      if (next) next();
      else taken -= 1;
    },
    isFree: () => taken === 0,
  };
}
