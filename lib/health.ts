import { sql } from "kysely";
import type { Clock } from "./clock.ts";
import type { Cache } from "./redis/redis.ts";
import type { Database } from "./storage/database.ts";

/** Which parts answer; `ok` when all do. */
export type Health = { status: "ok" | "unavailable"; database: boolean; cache: boolean; queue: boolean };

export type HealthParts = {
  clock: Clock;
  db: Database;
  cache: Cache;
  queueReachable(): Promise<boolean>;
};

/** How long a result is reused, in milliseconds by the gateway's clock: a monitor must not become a load. */
const cachedMs = 10_000;
/** A part that does not respond within this time counts as down, in milliseconds of real time. */
// mutation: health-silent
const silentMs = 3_000;

/** Checks every part at once. Calls during the check and for 10 seconds afterwards share its result. */
export function healthCheck(parts: HealthParts): () => Promise<Health> {
  let last: { health: Promise<Health>; at: number } | undefined;
  return () => {
    const now = parts.clock.now().getTime();
    const age = last ? now - last.at : cachedMs;
    if (!last || /* mutation: health-clock-back */ age < 0 || /* mutation: health-cached */ age >= cachedMs)
      last = { health: check(parts), at: now };
    return last.health;
  };
}

async function check(parts: HealthParts): Promise<Health> {
  const [database, cache, queue] = await Promise.all([
    answers(sql`SELECT 1`.execute(parts.db).then(() => true)),
    answers(parts.cache.ask((redis) => redis.get("health")).then((answer) => answer !== undefined)),
    answers(parts.queueReachable()),
  ]);
  return {
    status: database && /* mutation: health-cache */ cache && queue ? "ok" : "unavailable",
    database,
    cache,
    queue,
  };
}

async function answers(question: Promise<boolean>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), silentMs);
  question.then(resolve, () => resolve(false));
  return promise.finally(() => clearTimeout(timer));
}
