type Wait = { condition: string; last: unknown };
const waits = new Set<Wait>();

/** Waits for a condition, checked every 20 ms, until the test's own time-out, which then names the condition. */
export async function until<T>(condition: () => Promise<T | undefined | false>): Promise<T> {
  const wait: Wait = { condition: condition.toString(), last: undefined };
  waits.add(wait);
  try {
    for (;;) {
      const found = await condition();
      if (found) return found;
      wait.last = found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    waits.delete(wait);
  }
}

/** The conditions that are still waited for, with the last value of each. */
export function unmet(): string[] {
  return [...waits].map(({ condition, last }) => `${condition} (last: ${String(last)})`);
}
