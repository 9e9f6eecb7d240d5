import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { migrate } from "../../lib/storage/migrate.ts";
import { startDatabase } from "../../scripts/local/services/database.ts";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import * as calls from "./calls.ts";
import { type HistoryWorld, openHistoryWorld } from "./history-world.ts";
import { liveUnderLoad } from "./live-under-load.ts";

let database: LocalServer;
let redis: LocalServer;
let world: HistoryWorld;

beforeAll(async () => {
  const dir = path.join(inject("runFolder"), `load-${process.pid}`);
  [database, redis] = await Promise.all([startDatabase({ dir }), startRedis({ dir })]);
  await migrate(database.url);
  world = await openHistoryWorld({ DATABASE_URL: database.url, REDIS_URL: redis.url });
});
afterEach(() => world.clear());
afterAll(async () => {
  await world.stop();
  await Promise.all([database.stop(), redis.stop()]);
});

const payments = 60;
const hands = 6;
const timeout = 120_000;

async function expectAllPaidAndTold(): Promise<void> {
  const orders = await world.query(
    "SELECT status, refunded_minor, COUNT(*) AS count FROM payment_orders GROUP BY status, refunded_minor",
  );
  expect(orders).toEqual([{ status: "success", refunded_minor: "206", count: String(payments) }]);
  const told = await world.query(
    "SELECT event, status, COUNT(*) AS count FROM notify_queue GROUP BY event, status",
  );
  expect(told.sort((a, b) => (String(a.event) < String(b.event) ? -1 : 1))).toEqual([
    { event: "payment.success", status: "success", count: String(payments) },
    { event: "refund.success", status: "success", count: String(payments) },
  ]);
}

describe("in the middle of a load", () => {
  it(
    "Redis that lies, forgets, is frozen, killed and back breaks no invariant",
    async () => {
      const wrong = await liveUnderLoad(world, {
        payments,
        hands,
        disturbances: [
          { afterPaid: 8, act: () => world.disturbRedis("stale-locks") },
          { afterPaid: 16, act: () => world.disturbRedis("wrong-types") },
          { afterPaid: 20, act: () => world.disturbRedis("empty") },
          { afterPaid: 26, act: () => redis.kill("SIGSTOP") },
          { afterPaid: 34, act: () => redis.kill("SIGCONT") },
          { afterPaid: 38, act: () => redis.kill() },
          { afterPaid: 50, act: () => redis.restart() },
        ],
      });
      expect(wrong).toEqual([]);
      await expectAllPaidAndTold();
    },
    timeout,
  );

  it(
    "a database that is killed and comes back breaks no invariant, and the next calls succeed",
    async () => {
      const restart = async () => {
        await database.kill();
        await database.restart();
      };
      const served: string[] = [];
      const wrong = await liveUnderLoad(world, {
        payments,
        hands,
        disturbances: [
          { afterPaid: 15, act: restart },
          {
            afterPaid: 30,
            async act() {
              await restart();
              await world.query("SELECT 1");
              // Every environment whose connection has died, and then some.
              for (let call = 0; call < 2 * hands; call++) {
                served.push(calls.inWords(await world.environments.run("sweep", calls.sweep)));
              }
            },
          },
        ],
      });
      expect(wrong).toEqual([]);
      expect(served).toEqual(Array(2 * hands).fill("done"));
      await expectAllPaidAndTold();
    },
    timeout,
  );
});
