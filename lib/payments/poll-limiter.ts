import { type Semaphore, semaphore } from "../semaphore.ts";

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
  const configs = new Map<string, Semaphore>();
  return {
    async within(configId, work) {
      const places = configs.get(configId) ?? semaphore(mostAtOnce, longestWaitMs);
      configs.set(configId, places);
      if (!(await places.enter())) return false;
      try {
        await work();
      } finally {
        places.release();
        if (places.isFree()) configs.delete(configId);
      }
      return true;
    },
  };
}
