import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { startServices } from "../local/services/start-services.ts";

/** What tests stand on. */
export type TestGround = {
  env: Record<string, string>;
  /** As if nothing had been run yet. */
  renew(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Database, Redis and queues for one run after the other, started once. They go, and `dir` with them, when this process
 * ends, however it ends.
 */
export async function startTestGround(dir: string): Promise<TestGround> {
  const { env, stop } = await startServices({ dir, ephemeral: true, quiet: true });
  return {
    env,
    stop,
    async renew() {
      // A mutation may change a key of the schema: the next run migrates anew.
      const connection = await createConnection({ uri: env.DATABASE_URL });
      await connection.query("SET SESSION lock_wait_timeout = 10");
      await connection.query("DROP DATABASE IF EXISTS t1");
      await connection.end();
      // A lock that a run has left behind would hold up the next one's task of the same number.
      const redis = new Redis(env.REDIS_URL);
      await redis.flushall();
      redis.disconnect();
    },
  };
}
