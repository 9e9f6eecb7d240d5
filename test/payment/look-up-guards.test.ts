import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, openGateway } from "../../lib/open-gateway.ts";
import { lookUp } from "../../lib/payment/look-up.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Observation } from "../../lib/payment/provider.ts";
import { aLink, leasedOrder, orderRow } from "../steps/leased-order.ts";
import { openRows } from "../steps/rows.ts";
import { until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("alipay", "stripe");
  gateway = openGateway();
});
afterAll(() => world.stop());

const read = async ({ orderNo }: Payment) => (await gateway.orders.find(shop.userId, { orderNo }))!.payment;

/** What a look-up asks of a provider that calls this payment open for ever, and takes every close. */
async function askedOf(payment: Payment): Promise<string[]> {
  const asked: string[] = [];
  const says = (what: string, kind: "open" | "closed") => async (): Promise<Observation[]> => {
    asked.push(what);
    return [{ kind, orderNo: payment.orderNo, why: "test" }];
  };
  const start = async () => {
    asked.push("start");
    return { kind: "unknown" as const, why: "test" };
  };
  const of: Gateway["configs"]["of"] = async (asking) => {
    const config = await gateway.configs.of(asking);
    const adapter = { ...config.adapter, look: says("look", "open"), close: says("close", "closed"), start };
    return { ...config, adapter };
  };
  await lookUp({ ...gateway, configs: { ...gateway.configs, of } }, await read(payment));
  return asked;
}

describe("a look-up", () => {
  it("after its expiry closes a payment, but none that the provider has started", async () => {
    const [open, started] = [
      await leasedOrder(gateway, shop, "processing"),
      await leasedOrder(gateway, shop, "processing"),
    ];
    for (const leased of [open, started])
      await gateway.orders.storePayable(leased, aLink(leased.payment), world.clock.now());
    await orderRow(gateway, started.payment).set({ provider_started: 1 }).execute();
    expect(await askedOf(open.payment)).toEqual(["look"]);
    await world.passes(7_201);
    expect(await askedOf(started.payment)).toEqual(["look"]);
    expect(await read(started.payment)).toMatchObject({ status: "pending" });
    expect(await askedOf(open.payment)).toEqual(["look", "close"]);
    expect(await read(open.payment)).toMatchObject({ status: "closed" });
  });

  it("makes a payment at the provider that its caller could not, but none that has expired or is to be closed", async () => {
    const made = () => leasedOrder(gateway, shop, "processing");
    const [unmade, unwanted, expired] = [await made(), await made(), await made()];
    await gateway.orders.requestClose(unwanted.payment, world.clock.now());
    await world.passes(13);
    expect(await askedOf(unmade.payment)).toEqual(["start"]);
    expect(await askedOf(unwanted.payment)).not.toContain("start");
    await world.passes(7_201);
    expect(await askedOf(expired.payment)).not.toContain("start");
  });

  it("for one time is allowed to one of two", async () => {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    const claim = () => gateway.orders.claimRecheck(payment, payment.expiresAt, world.clock.now());
    expect([await claim(), await claim()]).toEqual([true, false]);
  });

  it("is claimed, too, against a transaction that locks the row's parts in another order", async () => {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    const [rows, other] = [await openRows(), await openRows()];
    await other.query("BEGIN");
    // The server gives up who has written less.
    const weight = Array.from({ length: 20 }, () => [
      shop.userId,
      payment.id,
      new Date(),
      "test",
      "weight",
      "{}",
    ]);
    await other.query("INSERT INTO payment_logs (user_id, order_id, at, kind, title, data) VALUES ?", [
      weight,
    ]);
    await other.query("SELECT id FROM payment_orders WHERE id = ? FOR UPDATE", [payment.id]);
    const claim = gateway.orders.claimRecheck(payment, payment.expiresAt, world.clock.now());
    await until(async () => {
      const statements = await rows.query<{ Info: string | null }>("SHOW FULL PROCESSLIST");
      return statements.some(({ Info }) => Info?.startsWith("update `payment_orders` set `next_query_at`"));
    });
    await other.query("UPDATE payment_orders SET next_query_at = ? WHERE id = ?", [
      payment.expiresAt,
      payment.id,
    ]);
    await other.query("ROLLBACK");
    expect(await claim).toBe(true);
    await Promise.all([rows.close(), other.close()]);
  });
});
