/** Lets one in at a time, in the order of their coming; who has waited for `longestWaitMs` is turned away. */
export function turnstile(longestWaitMs: number) {
  let taken = false;
  const waiting: (() => void)[] = [];
  return {
    enter(): Promise<void> {
      if (!taken) {
        taken = true;
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
    leave(): void {
      const next = waiting.shift();
      if (next) next();
      else taken = false;
    },
  };
}
