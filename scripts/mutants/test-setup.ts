import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { startServices } from "../local/services/start-services.ts";

/** The services that tests need. */
export type TestSetup = {
  env: Record<string, string>;
  /** Deletes all data, as if no test had run yet. */
  renew(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Starts a database, Redis and queues once for many test runs. They stop, and `dir` is deleted, when this process ends,
 * however it ends.
 */
export async function startTestSetup(dir: string): Promise<TestSetup> {
  const { env, stop } = await startServices({ dir, ephemeral: true, quiet: true });
  return {
    env,
    stop,
    async renew() {
      // A mutation may change a key of the schema, so the next run must migrate again.
      const connection = await createConnection({ uri: env.DATABASE_URL });
      await connection.query("SET SESSION lock_wait_timeout = 10");
      await connection.query("DROP DATABASE IF EXISTS t1");
      await connection.end();
      // A delivery lock that one run left behind would block the delivery of the same id in the next run.
      const redis = new Redis(env.REDIS_URL);
      await redis.flushall();
      redis.disconnect();
    },
  };
}
