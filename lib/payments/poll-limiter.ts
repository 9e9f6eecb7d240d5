/** Polls of one config at once, in one process, which handles at most ten messages at once. */
const mostAtOnce = 3;
/** How long a poll waits for a place: many polls end in this time if the provider responds, few if it hangs. */
const longestWaitMs = 2_000;

/** When a poll that found no place may try again, in seconds. */
export const overLimitSeconds = 15;

/** Keeps a provider that hangs for one merchant from delaying the polls of all others. */
export interface PollLimiter {
  /** Runs `work` once a place of this config is free; `false`: none became free in time. */
  within(configId: string, work: () => Promise<void>): Promise<boolean>;
}

export function pollLimiter(): PollLimiter {
  const configs = new Map<string, { underWay: number; waiting: (() => void)[] }>();

  function enter(configId: string): Promise<boolean> {
    const places = configs.get(configId) ?? { underWay: 0, waiting: [] };
    configs.set(configId, places);
    if (places.underWay < mostAtOnce) {
      places.underWay += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const called = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        places.waiting.splice(places.waiting.indexOf(called), 1);
        resolve(false);
      }, longestWaitMs);
      places.waiting.push(called);
    });
  }

  function release(configId: string): void {
    const places = configs.get(configId)!;
    const next = places.waiting.shift();
    if (next) next();
    else places.underWay -= 1;
    if (places.underWay === 0) configs.delete(configId);
  }

  return {
    async within(configId, work) {
      if (!(await enter(configId))) return false;
      try {
        await work();
      } finally {
        release(configId);
      }
      return true;
    },
  };
}
