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
const workers = 6;
const timeout = 120_000;

async function expectAllPaidAndNotified(): Promise<void> {
  const orders = await world.query(
    "SELECT status, refunded_minor, COUNT(*) AS count FROM payment_orders GROUP BY status, refunded_minor",
  );
  expect(orders).toEqual([{ status: "success", refunded_minor: "206", count: String(payments) }]);
  const notified = await world.query(
    "SELECT event, status, COUNT(*) AS count FROM deliveries GROUP BY event, status",
  );
  expect(notified.sort((a, b) => (String(a.event) < String(b.event) ? -1 : 1))).toEqual([
    { event: "payment.success", status: "success", count: String(payments) },
    { event: "refund.success", status: "success", count: String(payments) },
  ]);
}

describe("faults under load", () => {
  it(
    "no invariant breaks under load while Redis holds wrong data, loses data, hangs, dies and restarts",
    async () => {
      const wrong = await liveUnderLoad(world, {
        payments,
        workers,
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
      await expectAllPaidAndNotified();
    },
    timeout,
  );

  it(
    "no invariant breaks under load while the database is killed and restarted, and the next calls succeed",
    async () => {
      const restart = async () => {
        await database.kill();
        await database.restart();
      };
      const served: string[] = [];
      const wrong = await liveUnderLoad(world, {
        payments,
        workers,
        disturbances: [
          { afterPaid: 15, act: restart },
          {
            afterPaid: 30,
            async act() {
              await restart();
              await world.query("SELECT 1");
              // More calls than there are environments with a dead connection.
              for (let call = 0; call < 2 * workers; call++) {
                served.push(calls.inWords(await world.environments.run("sweep", calls.sweep)));
              }
            },
          },
        ],
      });
      expect(wrong).toEqual([]);
      expect(served).toEqual(Array(2 * workers).fill("done"));
      await expectAllPaidAndNotified();
    },
    timeout,
  );
});
