import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Leased } from "../../lib/domain/provider-request.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { type Database, openDatabase } from "../../lib/storage/database.ts";
import { closeOrFail } from "../../lib/storage/payments/close-or-fail.ts";
import { takeCreateLease } from "../../lib/storage/payments/provider-requests.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, saidOf } from "../steps/leased-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { until } from "../steps/until.ts";
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

/** A create whose first caller has died: its lease has expired. */
async function abandoned(): Promise<Leased> {
  const leased = await leasedOrder(gateway, shop, "processing");
  await world.passes(13);
  return leased;
}

const take = (database: Database, { payment }: Leased) => {
  const now = world.clock.now();
  return takeCreateLease(database, payment, {
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, 12),
    now,
  });
};
const end = (database: Database, { payment }: Leased, to: "closed" | "failed") =>
  closeOrFail(database, payment, to, { said: saidOf(payment), now: world.clock.now() });

/** Waits for a statement that waits for this payment's row lock. `innodb_trx` is cached and stays old if read often. */
const oneWaits = ({ payment }: Leased) =>
  until(async () => {
    const running = await rows.query("SHOW FULL PROCESSLIST");
    return running.some(
      ({ Info }) => /for update$/i.test(String(Info)) && String(Info).includes(String(payment.id)),
    );
  });

describe("ending a payment while its lease is taken", () => {
  it.each(["closed", "failed"] as const)(
    "the lease of a create cannot be taken once the payment is %s",
    async (to) => {
      const leased = await abandoned();
      const atCommit = proxy.hold(/^commit$/);
      const ended = end(slow, leased, to);
      const commit = await atCommit;
      const taken = take(fast, leased);
      await oneWaits(leased);
      commit();
      expect(await ended).toMatchObject({ payment: { status: to } });
      expect(await taken).toBeNull();
    },
  );

  it.each(["closed", "failed"] as const)(
    "a payment does not become %s once the lease of its create was taken",
    async (to) => {
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
    },
  );

  it("taking the lease and closing the payment at once never both succeed", async () => {
    for (let round = 0; round < 20; round++) {
      const leased = await abandoned();
      const [taken, ended] = await Promise.all([take(slow, leased), end(fast, leased, "closed")]);
      expect([taken, ended].filter((done) => done !== null)).toHaveLength(1);
    }
  });
});
