/** FIFO mutex: one holder at a time; a wait longer than `longestWaitMs` is rejected. */
export function mutex(longestWaitMs: number) {
  let locked = false;
  const waiting: (() => void)[] = [];
  return {
    enter(): Promise<void> {
      if (!locked) {
        locked = true;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const enter = () => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(Object.assign(new Error("the database connection is busy"), { code: "CONNECTION_BUSY" }));
        }, /* mutation: turnstile-longest-wait */ longestWaitMs);
        waiting.push(enter);
      });
    },
    release(): void {
      const next = waiting.shift();
      if (next) next();
      else locked = false;
    },
  };
}
