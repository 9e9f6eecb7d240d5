import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import type { Leased } from "../../lib/payment/ports.ts";
import { type Database, openDatabase } from "../../lib/storage/database.ts";
import { ordersIn } from "../../lib/storage/orders.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, saidOf } from "../steps/leased-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";
import { testDatabase } from "../storage/connections.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let gateway: Gateway;
let proxy: DatabaseProxy;
let slow: Database;
let fast: Database;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
  const { host, port } = await testDatabase();
  proxy = await startDatabaseProxy({ host, port });
  slow = openDatabase(() => testDatabase(proxy.port));
  fast = openDatabase(() => testDatabase());
});
afterAll(async () => {
  await slow.destroy();
  await fast.destroy();
  proxy.stop();
  await gateway.close();
  await rows.close();
  await world.stop();
});

/** A create whose first caller has died: its lease is over. */
async function abandoned(): Promise<Leased> {
  const leased = await leasedOrder(gateway, shop, "processing");
  await world.passes(13);
  return leased;
}

const take = (database: Database, { payment }: Leased) => {
  const now = world.clock.now();
  return ordersIn(database).takeOver(payment, randomUUID(), secondsAfter(now, 12), now);
};
const end = (database: Database, { payment }: Leased, to: "closed" | "failed") =>
  ordersIn(database).conclude(payment, to, saidOf(payment), world.clock.now());

/** Until a statement waits for the lock of this payment's row. `innodb_trx` is a cache that frequent readers keep old. */
const oneWaits = ({ payment }: Leased) =>
  until(async () => {
    const running = await rows.query("SHOW FULL PROCESSLIST");
    return running.some(
      ({ Info }) => /for update$/i.test(String(Info)) && String(Info).includes(String(payment.id)),
    );
  });

describe("a payment that is ended while another caller takes its create over", () => {
  it.each(["closed", "failed"] as const)("is made by nobody once it is %s", async (to) => {
    const leased = await abandoned();
    const atCommit = proxy.hold(/^commit$/);
    const ended = end(slow, leased, to);
    const commit = await atCommit;
    const taken = take(fast, leased);
    await oneWaits(leased);
    commit();
    expect(await ended).toMatchObject({ payment: { status: to } });
    expect(await taken).toBeNull();
  });

  it.each(["closed", "failed"] as const)("is not %s once the create was taken over", async (to) => {
    const leased = await abandoned();
    const atCommit = proxy.hold(/^commit$/);
    const taken = take(slow, leased);
    const commit = await atCommit;
    const ended = end(fast, leased, to);
    await oneWaits(leased);
    commit();
    expect(await taken).toMatchObject({ payment: { id: leased.payment.id } });
    expect(await ended).toBeNull();
    expect(await rows.order(leased.payment.orderNo)).toMatchObject({ status: "processing" });
  });

  it("at once from two connections never ends both ways", async () => {
    for (let round = 0; round < 20; round++) {
      const leased = await abandoned();
      const [taken, ended] = await Promise.all([take(slow, leased), end(fast, leased, "closed")]);
      expect([taken, ended].filter((done) => done !== null)).toHaveLength(1);
    }
  });
});
