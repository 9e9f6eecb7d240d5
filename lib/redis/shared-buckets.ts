import { redisKey } from "./locks.ts";
import type { Cache } from "./redis.ts";

/**
 * The generic cell rate algorithm (GCRA) on the server's own clock, in microseconds. A key's value is the time when the
 * bucket is empty; the key expires then. The stored value is not trusted: no value makes a merchant wait longer than
 * one window. The script is sent as text, because EVALSHA would need a second round trip to every server that has not
 * cached it.
 */
const takeScript = `
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local freeAt = tonumber(--[[ mutation: shared-bucket-key-type ]] redis.pcall('get', KEYS[1])) or now
local debt = math.max(--[[ mutation: shared-bucket-nothing-saved ]] freeAt - now, 0)
if not (--[[ mutation: shared-bucket-bound ]] debt <= window) then debt = window end
local owed = debt + interval
if --[[ mutation: shared-bucket-full ]] owed > window then return {0, debt} end
redis.call('set', KEYS[1], now + owed --[[ mutation: shared-bucket-expiry ]], 'px', math.ceil(owed / 1000))
return {1, owed}`;

/** Rate limits that all processes share: one round trip and one key per call. */
export function redisBuckets(cache: Cache, prefix = "") {
  return {
    /** `undefined`: Redis is unavailable. */
    take(
      userId: string,
      name: string,
      { intervalUs, windowUs }: { intervalUs: number; windowUs: number },
    ): Promise<{ allowed: boolean; debtUs: number } | undefined> {
      const key = redisKey(prefix, userId, /* mutation: shared-bucket-name */ name);
      return cache.ask(async (redis) => {
        const [allowed, debtUs] = (await redis.eval(takeScript, 1, key, intervalUs, windowUs)) as [
          number,
          number,
        ];
        return { allowed: allowed === 1, debtUs };
      });
    },
  };
}
