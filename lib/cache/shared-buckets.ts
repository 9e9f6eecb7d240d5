import { redisKey } from "./locks.ts";
import type { Cache } from "./redis.ts";

/**
 * The generic cell rate algorithm on the server's own clock, in microseconds. A key holds when nothing is owed any more,
 * and ends then. What is under the key is not trusted: nothing makes a merchant wait for longer than a window. Sent as
 * text (EVALSHA would be a second round trip to every server that does not know it yet).
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

/** Limits across all processes: one round trip and one key for a call. */
export function redisBuckets(cache: Cache, prefix = "") {
  return {
    /** `undefined`: Redis is away. */
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
