import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { migrate } from "../../lib/storage/migrate.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { startDatabase } from "../../scripts/local/services/database.ts";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, type ApiAnswer, anOrder, apiOf } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { invoke } from "../steps/front.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let database: LocalServer;
let proxy: DatabaseProxy;
let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let stripe: ReturnType<typeof stripeEvents>;

beforeAll(async () => {
  database = await startDatabase({ dir: path.join(inject("runFolder"), `outage-database-${process.pid}`) });
  await migrate(database.url);
  proxy = await startDatabaseProxy({ host: "127.0.0.1", port: database.port });
  process.env.DATABASE_URL = Object.assign(new URL(database.url), { port: String(proxy.port) }).href;
  world = await openWorld();
  rows = await openRows(database.url);
  // One second instead of three, set globally because new connections read the global value.
  await rows.query("SET GLOBAL innodb_lock_wait_timeout = 1");
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
  stripe = stripeEvents(world, shop);
});
afterAll(async () => {
  await rows.close().catch(() => {});
  proxy.stop();
  await world.stop();
  await database.stop();
});

const stripeOrder = async () => (await api.create(anOrder({ provider: "stripe" }))).data.order_no;

/** Expects exactly one success, one timeline entry for each version and one delivery. */
async function expectSettledOnce(orderNo: unknown) {
  expect(await rows.order(orderNo)).toMatchObject({ status: "success", version: 3 });
  expect(await rows.statusLogs(orderNo)).toMatchObject([{ to: "pending" }, { to: "success" }]);
  expect(await rows.notifications(orderNo)).toMatchObject([{ event: "payment.success" }]);
}

async function expectUnsettled(orderNo: unknown) {
  expect(await rows.order(orderNo)).toMatchObject({ status: "pending", version: 2 });
  expect(await rows.statusLogs(orderNo)).toHaveLength(1);
  expect(await rows.notifications(orderNo)).toEqual([]);
  expect(await rows.query("SELECT id FROM webhook_events WHERE order_no = ?", [orderNo])).toEqual([]);
}

const transactionsSince = (from: number) =>
  proxy.statements.slice(from).filter((statement) => statement === "begin").length;

describe("faults while a payment is settled", () => {
  it("a settling transaction whose connection is killed before the COMMIT is rolled back and repeated", async () => {
    const orderNo = await stripeOrder();
    const from = proxy.statements.length;
    const atCommit = proxy.hold(/^commit$/);
    const parsed = postWebhook(world, stripe.path, stripe.event(orderNo));
    const release = await atCommit;
    await expectUnsettled(orderNo);
    const [open] = await rows.query<{ id: number }>(
      "SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx WHERE trx_rows_modified > 0",
    );
    await rows.query(`KILL ${open!.id}`);
    release();
    expect((await parsed).status).toBe(200);
    await expectSettledOnce(orderNo);
    expect(transactionsSince(from)).toBe(2);
  });

  it("a settling transaction whose COMMIT response is lost is repeated and finds its own result", async () => {
    const orderNo = await stripeOrder();
    const lost = proxy.loseAnswerTo(/^commit$/);
    expect((await postWebhook(world, stripe.path, stripe.event(orderNo))).status).toBe(200);
    await lost;
    await expectSettledOnce(orderNo);
    expect(await rows.anomalies(shop.configs.stripe!)).toEqual([]);
  });

  it("a settling transaction that is the victim of a deadlock is repeated until it succeeds", async () => {
    const orderNo = await stripeOrder();
    const call = stripe.event(orderNo);
    const { id: eventId } = JSON.parse(call.body);
    const { id } = await rows.order(orderNo);
    const other = await openRows(database.url);
    await other.query("BEGIN");
    // MySQL rolls back the transaction that has changed fewer rows.
    const values = Array.from({ length: 20 }, () => [shop.userId, id, new Date(), "test", "weight", "{}"]);
    await other.query("INSERT INTO payment_logs (user_id, order_id, at, kind, title, data) VALUES ?", [
      values,
    ]);
    await other.query("UPDATE payment_orders SET updated_at = updated_at WHERE id = ?", [id]);
    const from = proxy.statements.length;
    const atUpdate = proxy.hold(/^update `payment_orders`/);
    const parsed = postWebhook(world, stripe.path, call);
    (await atUpdate)();
    await other.query(
      `INSERT INTO webhook_events (user_id, config_id, provider, event_id, event_type, received_at)
       VALUES (?, ?, 'stripe', ?, 'x', NOW(3)) ON DUPLICATE KEY UPDATE times = times`,
      [shop.userId, shop.configs.stripe, eventId],
    );
    await other.query("ROLLBACK");
    await other.close();
    expect((await parsed).status).toBe(200);
    await expectSettledOnce(orderNo);
    expect(transactionsSince(from)).toBeGreaterThan(1);
  });

  it("a webhook for an order that stays locked is 503 and writes nothing; its repeat settles the order", async () => {
    const orderNo = await stripeOrder();
    const call = stripe.event(orderNo);
    const other = await openRows(database.url);
    await other.query("BEGIN");
    await other.query("SELECT id FROM payment_orders WHERE order_no = ? FOR UPDATE", [orderNo]);
    const from = proxy.statements.length;
    const refused = await postWebhook(world, stripe.path, call);
    expect(refused.status).toBe(503);
    expect(transactionsSince(from)).toBe(3);
    await expectUnsettled(orderNo);
    await other.query("ROLLBACK");
    await other.close();
    expect((await postWebhook(world, stripe.path, call)).status).toBe(200);
    await expectSettledOnce(orderNo);
  });
});

describe("faults while a payment is created", () => {
  it.each([1, 2])(
    "a create that loses the response to COMMIT number %d makes one order at the provider and one row",
    async (nth) => {
      const input = anOrder({ provider: "stripe" });
      const lost = nth === 1 ? proxy.loseAnswerTo(/^commit$/) : afterFirstCommit();
      const created = await api.create(input);
      await lost;
      expect(created).toMatchObject({ status: 200, data: { status: "pending" } });
      const orders = await rows.query("SELECT order_no FROM payment_orders WHERE out_trade_no = ?", [
        input.out_trade_no,
      ]);
      expect(orders).toEqual([{ order_no: created.data.order_no }]);
      const atStripe = await simulatorOf(world, "stripe").payments(String(created.data.order_no));
      expect(atStripe).toMatchObject([{ created: 1 }]);
      expect((await api.create(input)).data).toEqual(created.data);
      expect(await rows.statusLogs(created.data.order_no)).toMatchObject([{ to: "pending" }]);
    },
  );

  it("a refused create that loses the response to its COMMIT still returns the provider's error", async () => {
    const input = anOrder({ provider: "stripe", amount: "0.01" });
    const lost = afterFirstCommit();
    const refused = await api.create(input);
    await lost;
    expect(refused).toMatchObject({ status: 402, code: 2000, provider_error: { code: "amount_too_small" } });
    expect(await rows.order(refused.order_no)).toMatchObject({ status: "failed", version: 2 });
    const attempts =
      "SELECT done FROM provider_requests a JOIN payment_orders o ON o.id = a.order_id WHERE order_no = ?";
    expect(await rows.query(attempts, [refused.order_no])).toEqual([{ done: 1 }]);
    expect(await api.create(input)).toMatchObject({ status: 402, provider_error: refused.provider_error });
  });

  async function afterFirstCommit() {
    (await proxy.hold(/^commit$/))();
    await proxy.loseAnswerTo(/^commit$/);
  }
});

describe("faults while a notification is sent", () => {
  it("a delivery that loses the response to its claim's COMMIT or its outcome's UPDATE is sent once", async () => {
    // Deliver what earlier tests have left, because its COMMIT would come first.
    await world.queues.drain();
    for (const statement of [/^commit$/, /^update `deliveries` as `n`, `delivery_attempts`/]) {
      const orderNo = await stripeOrder();
      await postWebhook(world, stripe.path, stripe.event(orderNo));
      const lost = proxy.loseAnswerTo(statement);
      await world.queues.drain();
      await lost;
      expect(await rows.notifications(orderNo)).toMatchObject([{ status: "success", attempt: 1, try_no: 1 }]);
      const notified = (await api.inbox()).filter(({ body }) => body.includes(String(orderNo)));
      expect(notified).toHaveLength(1);
    }
  });
});

describe("database connections lost after a notification was received", () => {
  it.each([1, 3, 4, 5, 6])(
    "a delivery whose outcome cannot be written because %i connections are refused is sent once",
    async (tries) => {
      await world.queues.drain();
      const orderNo = await stripeOrder();
      await postWebhook(world, stripe.path, stripe.event(orderNo));
      const gone = proxy.goAwayAt(/^update `deliveries` as `n`, `delivery_attempts`/, tries);
      await world.queues.drain();
      await gone;
      await world.passes(120);
      await invoke("sweep", {});
      await world.queues.drain();
      expect(await rows.notifications(orderNo)).toMatchObject([{ status: "success", attempt: 1, try_no: 1 }]);
      const notified = (await api.inbox()).filter(({ body }) => body.includes(String(orderNo)));
      expect(notified).toHaveLength(1);
    },
  );
});

describe("database outages", () => {
  it("calls and webhooks get 503 during a database outage and work once the database is back", async () => {
    const [paid, orderNo] = [await stripeOrder(), await stripeOrder()];
    const simulator = simulatorOf(world, "stripe");
    await rows.close();
    await database.kill();

    let calls: ApiAnswer[] = [];
    const log = await logOf(async () => {
      calls = await Promise.all([
        api.create(anOrder({ provider: "stripe" })),
        api.query(String(orderNo)),
        api.create(anOrder({ provider: "stripe" })),
      ]);
    });
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
    expect(log.filter(({ message }) => message === "temporarily unavailable")).toHaveLength(3);
    for (const { status, code, headers } of calls) {
      expect({ status, code, retry: headers.get("retry-after") }).toEqual({
        status: 503,
        code: 1000,
        retry: "2",
      });
    }
    await simulator.payUnopened(String(paid));
    const [refused] = await until(async () => {
      const sent = await simulator.webhooks(String(paid));
      return sent.length > 0 && sent;
    });
    expect(refused).toMatchObject({ outcome: "refused", status: 503 });

    await database.restart();
    rows = await openRows(database.url);
    expect((await api.query(String(orderNo))).data).toMatchObject({ status: "pending" });
    expect((await api.create(anOrder({ provider: "stripe" }))).status).toBe(200);
    await expectUnsettled(paid);
    // Stripe's first retry, by the sandbox's shortened waits.
    await world.passes(2);
    await simulator.accepted(String(paid));
    await expectSettledOnce(paid);
  });

  it("messages received during a database outage return to the queue and are processed later", async () => {
    const orderNo = await stripeOrder();
    await postWebhook(world, stripe.path, stripe.event(orderNo));
    await rows.close();
    await database.kill();
    await expect(world.queues.drain()).rejects.toThrow(/deliver-notifications failed/);
    await database.restart();
    rows = await openRows(database.url);
    await world.passes(181);
    await world.queues.drain();
    expect(await rows.notifications(orderNo)).toMatchObject([{ status: "success", attempt: 1 }]);
  });
});

it("a database at REPEATABLE READ, where guards would read old snapshots, is refused", async () => {
  const isolation = (level: string) => rows.query(`SET GLOBAL TRANSACTION ISOLATION LEVEL ${level}`);
  await isolation("REPEATABLE READ");
  const gateway = anotherGateway();
  const requested = findOrder(gateway.db, shop.userId, { orderNo: "UNI1" });
  await expect(requested).rejects.toThrow("must run at READ-COMMITTED, not REPEATABLE-READ");
  await isolation("READ COMMITTED");
  expect(await findOrder(gateway.db, shop.userId, { orderNo: "UNI1" })).toBeNull();
  await gateway.close();
});
