import { sql } from "kysely";
import type { Cache } from "./cache/redis.ts";
import type { Database } from "./storage/database.ts";

export type Health = { status: "ok" | "unavailable"; database: boolean; cache: boolean; queue: boolean };

export type HealthGateway = { db: Database; cache: Cache; queueReachable(): Promise<boolean> };

/** How long an answer is given again, in milliseconds of real time: a monitor must not become a load. */
const cachedMs = 10_000;
let last: { health: Health; at: number } | undefined;

/** The parts that a payment needs. Without Redis payments go on, so it alone does not make the gateway unavailable. */
export async function checkHealth(gateway: HealthGateway): Promise<Health> {
  if (last && performance.now() - last.at < cachedMs) return last.health;
  const [database, cache, queue] = await Promise.all([
    sql`SELECT 1`.execute(gateway.db).then(
      () => true,
      () => false,
    ),
    gateway.cache.ask((redis) => redis.get("health")).then((answer) => answer !== undefined),
    gateway.queueReachable(),
  ]);
  const health: Health = { status: database && queue ? "ok" : "unavailable", database, cache, queue };
  last = { health, at: performance.now() };
  return health;
}
