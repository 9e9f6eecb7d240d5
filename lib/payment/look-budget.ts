/** Of one config, in one process, which works on at most ten messages at once. */
const mostAtOnce = 3;
/** Many look-ups of a provider that answers; few of one that hangs. */
const longestWaitMs = 2_000;

/** How soon a look-up that found no place may try again. */
export const overBudgetSeconds = 15;

/** Keeps a provider that hangs for one merchant from holding up the look-ups of all others. */
export interface LookBudget {
  /** Runs `work` once fewer look-ups of this config than its share are under way; false: none has ended in time. */
  within(configId: string, work: () => Promise<void>): Promise<boolean>;
}

export function lookBudget(): LookBudget {
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

  function leave(configId: string): void {
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
        leave(configId);
      }
      return true;
    },
  };
}
