import path from "node:path";
import { expect, inject } from "vitest";
import { functions } from "../../lib/functions.ts";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { brokenInvariants, invariants, restInvariants } from "../../scripts/invariants/invariants.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { apiOf, type Data } from "../steps/api.ts";
import { functionDied } from "../steps/front.ts";
import type { Received } from "../steps/queues.ts";
import { openRows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld } from "../steps/world.ts";
import { openFunctionProcesses } from "./function-processes.ts";

export type FaultWorld = Awaited<ReturnType<typeof openFaultWorld>>;

const served = new Set(functions.filter(({ routes }) => routes).map(({ entry }) => entry));
const loaded = ["create-payment", "deliver-notifications", "poll", "sweep", "webhooks/stripe"];

const longestDelayMs = 900_000;
/** Tables emptied between cells; merchants and their configs stay. */
const paymentTables = [
  ...["delivery_attempts", "deliveries", "payment_logs", "webhook_events", "refunds"],
  ...["provider_requests", "anomalies", "payment_orders"],
];

/** A test world whose functions really die: each runs in its own process, with a Redis that can be frozen. */
export async function openFaultWorld(providers: ProviderName[], databaseUrl = process.env.DATABASE_URL) {
  const folder = path.join(inject("runFolder"), `faults-${process.pid}`);
  const redis = await startRedis({ dir: folder });
  process.env.REDIS_URL = redis.url;
  const processes = openFunctionProcesses(loaded, path.join(inject("runFolder"), "compile-cache"));
  // The response that API Gateway gives for a function that has died.
  const run = (entry: string, event: unknown) =>
    processes.invoke(entry, event).catch((error) => {
      if (served.has(entry)) return functionDied;
      throw error;
    });
  const world = await openWorld(run);
  let rows = await openRows(databaseUrl);
  const shop = await world.openShop(...providers);
  const api = apiOf(world, shop);

  const notifications = async (orderNo: string) =>
    (await api.inbox()).filter(({ body }) => JSON.parse(body).order_no === orderNo);

  /** Ids of all database connections except the test's own. */
  const connections = async () =>
    (
      await rows.query<{ id: string }>(
        "SELECT id AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
      )
    ).map(({ id }) => id);

  const faultWorld = {
    ...world,
    processes,
    get rows() {
      return rows;
    },
    redis,
    api,
    notifications,
    /** The events of an order that the merchant received, one entry for each arrival. */
    notified: async (orderNo: string) =>
      (await notifications(orderNo)).map(({ body }) => (JSON.parse(body) as Data).event),
    /** The text that identifies a wake-up message of an order's notification. */
    async taskOf(orderNo: string, input = /^payment/): Promise<string> {
      const task = (await rows.notifications(orderNo)).find(({ event }) => input.test(String(event)));
      return `"task":"${task?.id}"`;
    },
    /** Waits for a function's due message that holds this text. */
    message: (entry: string, text: string): Promise<Received> =>
      until(async () => {
        const received = await world.queues.receive(entry);
        const found = received.find(({ record }) => record.body.includes(text));
        for (const other of received) if (other !== found) await faultWorld.handle(entry, other);
        return found;
      }),
    /** Hands a message to its function as an event source does, and removes it from the queue if that succeeded. */
    async handle(entry: string, message: Received): Promise<void> {
      const answer = await processes.invoke(entry, { Records: [message.record] }).catch(() => null);
      const failed = (answer as { batchItemFailures: unknown[] } | null)?.batchItemFailures;
      if (failed?.length === 0) await message.remove();
    },
    /** Waits until a function's queue holds a delayed message with this text. */
    isDelayed: (entry: string, text: string) =>
      until(async () => {
        const url = entry === "poll" ? world.queues.pollUrl : world.queues.notifyUrl;
        const answer = await fetch(`${process.env.SQS_ADMIN}/queue/${url.split("/").at(-1)}`);
        const { messages } = (await answer.json()) as { messages: { delayed: { body: string }[] } };
        return messages.delayed.some(({ body }) => body.includes(text));
      }),
    /** Removes all traces of earlier payments: rows, messages, provider faults. */
    async clearAway(): Promise<void> {
      await rows.query("SET foreign_key_checks = 0");
      for (const table of paymentTables) await rows.query(`DELETE FROM ${table}`);
      for (const provider of providers) await simulatorOf(world, provider).faults({});
      await world.queues.advance(longestDelayMs);
      await world.queues.lose();
    },
    /** Delivers all messages and runs the sweeper every minute until `done`, for at most ten minutes. */
    async goesOnUntil(done: () => Promise<boolean>): Promise<void> {
      for (let minutes = 0; minutes < 10; minutes++) {
        await world.queues.drain();
        if (await done()) return;
        await world.passes(61);
        await processes.invoke("sweep", {});
      }
      expect.unreachable("the work is not done after ten minutes");
    },
    /** Cuts all database connections, as a failover does. */
    async cutConnections(): Promise<void> {
      const others = await connections();
      expect(others).not.toEqual([]);
      for (const id of others) await rows.query(`KILL ${id}`);
    },
    /** Whether a transaction waits for a lock. Reads the status text: InnoDB's lock tables are refreshed too rarely. */
    async someoneWaits(): Promise<boolean> {
      const others = await connections();
      const [status] = await rows.query<{ Status: string }>("SHOW ENGINE INNODB STATUS");
      const waiting = status!.Status.split("---TRANSACTION").filter((trx) => trx.includes("LOCK WAIT"));
      return others.some((id) => waiting.some((trx) => trx.includes(`thread id ${id},`)));
    },
    /** Opens the test's own connection again after the database was down. */
    async reconnect(): Promise<void> {
      rows = await openRows(databaseUrl);
    },
    /** Asserts what must hold after every cell: no anomaly and no broken invariant. */
    async expectSound(): Promise<void> {
      await processes.invoke("sweep", {});
      await world.queues.drain();
      expect(await rows.query("SELECT * FROM anomalies")).toEqual([]);
      const list = [...invariants, ...restInvariants];
      expect(await brokenInvariants(rows.query, world.clock.now(), list)).toEqual([]);
    },
    async stop(): Promise<void> {
      await processes.stop();
      await rows.close();
      await world.stop();
      await redis.stop();
    },
  };
  return faultWorld;
}
