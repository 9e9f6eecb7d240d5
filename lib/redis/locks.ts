import { randomUUID } from "node:crypto";
import type { Locks } from "../domain/delivery.ts";
import type { Cache } from "./redis.ts";

/** Deletes only the caller's own lock: between a plain GET and DEL, another caller could acquire it. */
// mutation: lock-release-own
const releaseScript =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

/** All keys of one merchant are in one hash slot, so that a script or pipeline never crosses slots. */
export function redisKey(prefix: string, userId: string, name: string): string {
  return `${prefix}{m${userId}}:${name}`;
}

const granted = { release: async () => {} };

/** Locks that only save work: conditional updates in the database ensure correctness. */
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
