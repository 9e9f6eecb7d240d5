import { BoundedMap } from "./bounded-map.ts";

const mostCached = 500;

/**
 * Caches results for `ms` of real time, at most `mostCached` of them, evicting the oldest; failures are not cached.
 * `renewed` makes the result again, unless `renewed` did so within the last `youngMs`.
 */
export function memoize<T>(ms: number) {
  type Cached = { value: Promise<T>; at: number; renewed: boolean };
  const cache = new BoundedMap<Cached>(mostCached);
  const keep = (key: string, make: () => Promise<T>, renewed: boolean): Promise<T> => {
    const value = make();
    cache.set(key, { value, at: performance.now(), renewed });
    value.catch(() => cache.get(key)?.value === value && cache.delete(key));
    return value;
  };
  const isYounger = ({ at }: Cached, longest: number) => performance.now() - at < longest;
  const get = (key: string, make: () => Promise<T>) => {
    const found = cache.get(key);
    return found && isYounger(found, ms) ? found.value : keep(key, make, false);
  };
  const renewed = (key: string, youngMs: number, make: () => Promise<T>) => {
    const found = cache.get(key);
    return found?.renewed && isYounger(found, youngMs) ? found.value : keep(key, make, true);
  };
  return Object.assign(get, { renewed });
}
