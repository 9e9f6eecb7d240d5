import { randomUUID } from "node:crypto";
import type { Locks } from "../notify/ports.ts";
import type { Cache } from "./redis.ts";

/** Deletes only its own lock: a plain GET and DEL would delete another's that began between the two. */
// mutation: lock-release-own
const releaseScript =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

/** Everything of one merchant lives in one slot, so that a script or pipeline never crosses slots. */
export function redisKey(prefix: string, userId: string, name: string): string {
  return `${prefix}{m${userId}}:${name}`;
}

const granted = { release: async () => {} };

/** Locks that spare work and protect nothing; the database's guards do that. */
export function redisLocks(cache: Cache, prefix = ""): Locks {
  return {
    async acquire(userId, name, ttlMs) {
      const key = redisKey(prefix, userId, name);
      const token = randomUUID();
      const answer = await cache.ask(async (redis) => ({
        set: await redis.set(key, token, "PX", ttlMs, /* mutation: lock-not-held */ "NX"),
      }));
      if (answer === undefined) return /* mutation: lock-without-redis */ granted;
      if (answer.set !== "OK") return null;
      return {
        async release() {
          await cache.ask((redis) => redis.eval(releaseScript, 1, key, token));
        },
      };
    },
  };
}
