import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Payment } from "../../lib/domain/payment.ts";
import type { ProviderEvent } from "../../lib/domain/provider.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { refreshPayment } from "../../lib/payments/refresh-payment.ts";
import { requestClose } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { claimPoll } from "../../lib/storage/payments/polls.ts";
import { recordCreated } from "../../lib/storage/payments/provider-requests.ts";
import { aLink, leasedOrder, orderRow } from "../steps/leased-order.ts";
import { openRows } from "../steps/rows.ts";
import { until } from "../steps/until.ts";
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

const read = async ({ orderNo }: Payment) => (await findOrder(gateway.db, shop.userId, { orderNo }))!.payment;

/** The calls that a poll makes to a provider that always reports this payment as open and accepts every close. */
async function requestedOf(payment: Payment): Promise<string[]> {
  const requested: string[] = [];
  const says = (what: string, kind: "open" | "closed") => async (): Promise<ProviderEvent[]> => {
    requested.push(what);
    return [{ kind, orderNo: payment.orderNo, why: "test" }];
  };
  const createPayment = async () => {
    requested.push("create");
    return { kind: "unknown" as const, why: "test" };
  };
  const of: Gateway["configs"]["of"] = async (asking) => {
    const config = await gateway.configs.of(asking);
    const adapter = {
      ...config.adapter,
      fetchPayment: says("fetch", "open"),
      close: says("close", "closed"),
      createPayment,
    };
    return { ...config, adapter };
  };
  await refreshPayment({ ...gateway, configs: { ...gateway.configs, of } }, await read(payment));
  return requested;
}

describe("polls", () => {
  it("a poll after the expiry closes a payment, but not one in transit", async () => {
    const [open, inTransit] = [
      await leasedOrder(gateway, shop, "processing"),
      await leasedOrder(gateway, shop, "processing"),
    ];
    for (const leased of [open, inTransit])
      await recordCreated(gateway.db, leased, aLink(leased.payment), world.clock.now());
    await orderRow(gateway, inTransit.payment).set({ state: "in_transit" }).execute();
    expect(await requestedOf(open.payment)).toEqual(["fetch"]);
    await world.passes(7_201);
    expect(await requestedOf(inTransit.payment)).toEqual(["fetch"]);
    expect(await read(inTransit.payment)).toMatchObject({ status: "processing" });
    expect(await requestedOf(open.payment)).toEqual(["fetch", "close"]);
    expect(await read(open.payment)).toMatchObject({ status: "closed" });
  });

  it("a poll sends a create that its caller could not, unless the payment has expired or is to be closed", async () => {
    const made = () => leasedOrder(gateway, shop, "processing");
    const [unmade, unwanted, expired] = [await made(), await made(), await made()];
    await requestClose(gateway.db, unwanted.payment, world.clock.now());
    await world.passes(13);
    expect(await requestedOf(unmade.payment)).toEqual(["create"]);
    expect(await requestedOf(unwanted.payment)).not.toContain("create");
    await world.passes(7_201);
    expect(await requestedOf(expired.payment)).not.toContain("create");
  });

  it("a poll time can be claimed by only one of two callers", async () => {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    const claim = () => claimPoll(gateway.db, payment, payment.expiresAt, world.clock.now());
    expect([await claim(), await claim()]).toEqual([true, false]);
  });

  it("a poll can be claimed although another transaction locks the row's parts in another order", async () => {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    const [rows, other] = [await openRows(), await openRows()];
    await other.query("BEGIN");
    // In a deadlock the server rolls back the transaction that has written less.
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
    const claim = claimPoll(gateway.db, payment, payment.expiresAt, world.clock.now());
    await until(async () => {
      const statements = await rows.query<{ Info: string | null }>("SHOW FULL PROCESSLIST");
      return statements.some(({ Info }) => Info?.startsWith("update `payment_orders` set `next_poll_at`"));
    });
    await other.query("UPDATE payment_orders SET next_poll_at = ? WHERE id = ?", [
      payment.expiresAt,
      payment.id,
    ]);
    await other.query("ROLLBACK");
    expect(await claim).toBe(true);
    await Promise.all([rows.close(), other.close()]);
  });
});
