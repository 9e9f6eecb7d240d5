import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { providerNames } from "../kits/kits.ts";
import { until } from "../steps/until.ts";
import { keepMerchantsApart } from "../steps/world.ts";
import * as calls from "./calls.ts";
import { isPaid, ledgers, sweepAndDrain } from "./come-to-rest.ts";
import { type HistoryWorld, openHistoryWorld } from "./history-world.ts";
import { type Played, perform } from "./perform.ts";
import { checkInvariants, newlyPlayed } from "./play-history.ts";

let world: HistoryWorld;
let played: Played;

beforeAll(async () => {
  await keepMerchantsApart();
  const { DATABASE_URL, REDIS_URL } = process.env;
  world = await openHistoryWorld({ DATABASE_URL: DATABASE_URL!, REDIS_URL: REDIS_URL! });
  played = newlyPlayed(world);
});
afterEach(async () => {
  await world.clear();
  played = newlyPlayed(world);
});
afterAll(() => world.stop());

const timeout = 120_000;
const count = async (sql: string) => Number((await world.query(sql))[0]!.count);

async function createAndPay(payments: number): Promise<void> {
  const workers = 6;
  let next = 0;
  const worker = async () => {
    for (let order = next++; order < payments; order = next++) {
      const input = { shop: order % 2, provider: order % providerNames.length, minutes: 120, amount: 1234 };
      const plain = { subject: 0, second: false, notified: true };
      await perform(world, played, { do: "create", order, ...input, ...plain });
      const position = [...played.orders.keys()].indexOf(order);
      await perform(world, played, { do: "buyer", order: position, what: "pay" });
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

describe("lost messages", () => {
  it(
    "500 payments whose webhooks are all lost become success, with their merchants notified, within five minutes",
    async () => {
      const payments = 500;
      await createAndPay(payments);
      expect((await ledgers(world)).filter(isPaid).length).toBeGreaterThan(payments / 2);
      const unfinished = `SELECT COUNT(*) AS count FROM payment_orders o WHERE status <> 'success' OR NOT EXISTS
        (SELECT 1 FROM deliveries n WHERE n.order_id = o.id AND n.status = 'success')`;
      for (let seconds = 0; seconds < 300 && (await count(unfinished)) > 0; seconds += 15) {
        world.webhooks.length = 0;
        await world.passes(15);
        await sweepAndDrain(world, played);
      }
      expect(await count(unfinished)).toBe(0);
      expect(await count("SELECT COUNT(*) AS count FROM webhook_events")).toBe(0);
      expect(new Set(world.endpoint.arrivals.map(({ id }) => id)).size).toBe(payments);
      await checkInvariants(world, played, "under way");
      expect(played.wrong).toEqual([]);
    },
    timeout,
  );

  it("a lost wake-up message of any kind delays a payment by at most 120 seconds", async () => {
    await createAndPay(4);
    // Lost are the webhooks, the wake-up messages for polls, and those for notifications.
    const paid = async () =>
      (await count("SELECT COUNT(*) AS count FROM payment_orders WHERE status = 'success'")) === 4;
    const notified = async () => world.endpoint.arrivals.length === 4;
    for (const done of [paid, notified]) {
      world.webhooks.length = 0;
      for (const { waiting } of Object.values(world.queues)) waiting.length = 0;
      const since = world.clock.now().getTime();
      while (!(await done())) {
        await world.passes(60);
        await world.environments.run("sweep", calls.sweep);
        const queue = done === paid ? "poll" : "notify";
        for (const message of world.queues[queue].waiting.splice(0))
          await world.environments.run(queue, calls.wakeUp(queue, message));
      }
      expect(world.clock.now().getTime() - since).toBeLessThanOrEqual(120_000);
    }
  });
});

describe("a merchant with a hanging server", () => {
  it(
    "a merchant with a hanging server and 1000 due notifications delays another merchant's by at most ten sends",
    async () => {
      await createAndPay(2);
      for (const webhook of world.webhooks.splice(0))
        await world.environments.run("webhook", calls.webhook(webhook));
      await sweepAndDrain(world, played);
      const [hanging, quick] = world.shops;
      const rows = await world.query("SELECT * FROM deliveries WHERE user_id = ?", [hanging!.userId]);
      await cloneTask(rows[0]!, 1000);
      world.endpoint.arrivals.length = 0;
      world.merchantAnswers(hanging!, "hang");

      const arrived = (username: string) =>
        world.endpoint.arrivals.filter(({ merchant }) => merchant === username);
      const isEmpty = async () => world.queues.notify.waiting.length === 0;
      let isOver = false;
      /** 1.5 times as many environments as Lambda gives the queue at most. */
      const workers = Array.from({ length: 30 }, async () => {
        while (!isOver) {
          const message = world.queues.notify.waiting.shift();
          if (message) await world.environments.run("notify", calls.wakeUp("notify", message));
          else await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
      await world.environments.run("sweep", calls.sweep);
      await until(async () => arrived(hanging!.username).length >= 10 && (await isEmpty()));
      // Less than a lease. A hanging send ends after ten seconds.
      await world.passes(30);
      await world.environments.run("sweep", calls.sweep);

      const [notifiedRow] = await world.query("SELECT * FROM deliveries WHERE user_id = ?", [quick!.userId]);
      await cloneTask(notifiedRow!, 1);
      await world.environments.run("sweep", calls.sweep);
      await until(async () => arrived(quick!.username).length === 1);
      const begun = arrived(hanging!.username).length;
      // On a slow machine the first sends have ended by now and others have taken their places.
      const ended = await count(
        "SELECT COUNT(*) AS count FROM delivery_attempts WHERE http_status IS NULL AND ended_at IS NOT NULL",
      );
      expect(begun - ended).toBeLessThanOrEqual(10);
      isOver = true;
      world.endpoint.hangUp();
      await Promise.all(workers);
      expect(
        await count("SELECT COUNT(*) AS count FROM deliveries WHERE status IN ('pending', 'sending')"),
      ).toBe(1000);
    },
    timeout,
  );
});

/** Inserts copies of a notification that are due now. */
async function cloneTask({ id, ...row }: Record<string, unknown>, copies: number): Promise<void> {
  const now = world.clock.now();
  const names = Object.keys(row);
  const values = Array.from({ length: copies }, (_, index) =>
    Object.values({
      ...row,
      subject_id: 1_000_000 * Number(id) + index,
      event_id: `${String(index).padStart(12, "0")}-${String(row.user_id)}`,
      ...{ status: "pending", attempt: 1, try_no: 0, due_at: now, lease_token: null, woken_at: null },
    }),
  );
  await world.query(`INSERT INTO deliveries (${names.join(", ")}) VALUES ?`, [values]);
}
