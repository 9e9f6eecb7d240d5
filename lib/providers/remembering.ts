const mostKept = 500;

/**
 * Keeps results for `ms` of real time, at most `mostKept` of them, oldest out first; failures are not kept. `renewed`
 * makes the result anew, unless it did so within the last `youngMs`.
 */
export function remembering<T>(ms: number) {
  type Kept = { value: Promise<T>; at: number; renewed: boolean };
  const kept = new Map<string, Kept>();
  const keep = (key: string, make: () => Promise<T>, renewed: boolean): Promise<T> => {
    const value = make();
    kept.delete(key);
    kept.set(key, { value, at: performance.now(), renewed });
    value.catch(() => kept.get(key)?.value === value && kept.delete(key));
    if (kept.size > mostKept) kept.delete(kept.keys().next().value as string);
    return value;
  };
  const isYounger = ({ at }: Kept, longest: number) => performance.now() - at < longest;
  const get = (key: string, make: () => Promise<T>) => {
    const found = kept.get(key);
    return found && isYounger(found, ms) ? found.value : keep(key, make, false);
  };
  const renewed = (key: string, youngMs: number, make: () => Promise<T>) => {
    const found = kept.get(key);
    return found?.renewed && isYounger(found, youngMs) ? found.value : keep(key, make, true);
  };
  return Object.assign(get, { renewed });
}
