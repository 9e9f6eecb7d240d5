import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { type Gateway, openGateway } from "../../lib/open-gateway.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Leased } from "../../lib/payment/ports.ts";
import type { Paid } from "../../lib/payment/provider.ts";
import type { PaymentStatus } from "../../lib/payment/status.ts";
import { ofMerchant } from "../../lib/storage/of-merchant.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { aLink, leasedOrder, orderRow, paidFact, saidOf, settle } from "../steps/leased-order.ts";
import { storedMoves, storedOrders } from "../steps/ledgers.ts";
import { until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await world.stop();
});

const words = { code: "refused", message: "no" };

const leasedIn = (status: PaymentStatus) => leasedOrder(gateway, shop, status);

/** How many of these facts the server is writing right now, or would be if the row were free. */
async function underWay(facts: Paid[]): Promise<number> {
  const { rows } = await sql<{ Info: string | null }>`SHOW FULL PROCESSLIST`.execute(openGateway().db);
  return facts.filter(({ tradeNo }) => rows.some(({ Info }) => Info?.includes(tradeNo))).length;
}

describe("a move of a payment", () => {
  const stale: [string, PaymentStatus, (leased: Leased) => Promise<unknown>][] = [
    [
      "markStarted",
      "pending",
      (leased) => gateway.orders.markStarted(leased.payment, saidOf(leased.payment), world.clock.now()),
    ],
    [
      "conclude",
      "pending",
      async (leased) => {
        await gateway.orders.release(leased, "test", world.clock.now(), world.clock.now());
        await gateway.orders.conclude(leased.payment, "closed", saidOf(leased.payment), world.clock.now());
      },
    ],
    [
      "storePayable",
      "processing",
      (leased) => gateway.orders.storePayable(leased, aLink(leased.payment), world.clock.now()),
    ],
    ["refuse", "processing", (leased) => gateway.orders.refuse(leased, words, world.clock.now())],
  ];
  it.each(stale)("by %s changes nothing once somebody else has moved it", async (_way, from, move) => {
    const leased = await leasedIn(from);
    await orderRow(gateway, leased.payment).set({ version: 2 }).execute();
    await move(leased);
    expect(await storedOrders(leased.payment.outTradeNo)).toMatchObject([{ status: from, version: 2 }]);
  });

  it("to closed waits for the attempt that is under way, and not for one that is through", async () => {
    const leased = await leasedIn("processing");
    const close = (payment: Payment) =>
      gateway.orders.conclude(payment, "closed", saidOf(payment), world.clock.now());
    expect(await close(leased.payment)).toBeNull();
    expect(await storedOrders(leased.payment.outTradeNo)).toMatchObject([{ status: "processing" }]);
    const made = await gateway.orders.storePayable(leased, aLink(leased.payment), world.clock.now());
    expect(await close(made!)).toMatchObject({ payment: { status: "closed" } });
  });

  it("by who has lost the lease changes nothing, and the link of who has it stays", async () => {
    const slow = await leasedIn("processing");
    await world.passes(13);
    const now = world.clock.now();
    const fast = await gateway.orders.takeOver(slow.payment, randomUUID(), secondsAfter(now, 12), now);
    expect(await gateway.orders.storePayable(slow, aLink(slow.payment, "slow"), now)).toBeNull();
    expect(await gateway.orders.refuse(slow, words, now)).toBeNull();
    await gateway.orders.release(slow, "test", now, now);
    expect(await gateway.orders.takeOver(slow.payment, randomUUID(), now, now)).toBeNull();
    await gateway.orders.storePayable(fast!, aLink(slow.payment, "fast"), now);
    const { payment } = (await gateway.orders.find(shop.userId, { orderNo: slow.payment.orderNo }))!;
    expect(payment).toMatchObject({ status: "pending", payable: { paymentId: "fast" } });
  });

  it.each(["failed", "closed"] as const)("is begun no more for a payment that is %s", async (status) => {
    const { payment } = await leasedIn(status);
    await world.passes(13);
    const now = world.clock.now();
    expect(await gateway.orders.takeOver(payment, randomUUID(), secondsAfter(now, 12), now)).toBeNull();
  });

  it("is made no second time once its outcome is stored, however long ago the lease ended", async () => {
    const leased = await leasedIn("processing");
    await gateway.orders.storePayable(leased, aLink(leased.payment), world.clock.now());
    await world.passes(13);
    const now = world.clock.now();
    expect(await gateway.orders.takeOver(leased.payment, randomUUID(), now, now)).toBeNull();
  });

  it("that is let go makes nothing due that has settled, nor by who has lost the lease", async () => {
    const settled = await leasedIn("processing");
    await settle(gateway, settled.payment);
    const slow = await leasedIn("processing");
    await world.passes(13);
    const now = world.clock.now();
    await gateway.orders.takeOver(slow.payment, randomUUID(), secondsAfter(now, 12), now);
    const hour = secondsAfter(now, 3600);
    const dueOf = async ({ payment }: Leased) => (await storedOrders(payment.outTradeNo))[0]!.next_query_at;
    const quiet = await dueOf(settled);
    for (const leased of [settled, slow]) await gateway.orders.release(leased, "test", now, hour);
    expect(await dueOf(settled)).toEqual(quiet);
    expect(await dueOf(slow)).toEqual(slow.payment.nextQueryAt);
  });

  it("by another merchant's row, account, mode, object, amount or currency never makes it success", async () => {
    const { payment } = await leasedIn("pending");
    await orderRow(gateway, payment).set({ payment_id: "cs_ours" }).execute();
    const paid = paidFact(payment);
    const otherKey = { ...payment, providerAccount: "another" };
    expect(await settle(gateway, otherKey, paid)).toMatchObject({ kind: "mismatch", differs: ["account"] });
    const otherProvider = { ...payment, provider: "paypal" };
    expect(await settle(gateway, otherProvider, paid)).toMatchObject({
      kind: "mismatch",
      differs: ["provider"],
    });
    const otherMode = { ...payment, livemode: !payment.livemode };
    expect(await settle(gateway, otherMode, paid)).toMatchObject({ kind: "mismatch", differs: ["livemode"] });
    expect(await settle(gateway, { ...payment, userId: "999" }, paid)).toMatchObject({
      kind: "no-such-order",
    });
    const wrong: [Partial<Paid>, string][] = [
      [{ account: "another" }, "account"],
      [{ objectId: "cs_of_a_payment_link" }, "payment_id"],
      [{ amount: { minor: 1235, currency: "CNY" } }, "amount"],
      [{ amount: { minor: 1234, currency: "USD" } }, "currency"],
    ];
    for (const [change, differs] of wrong) {
      expect(await settle(gateway, payment, { ...paid, ...change })).toMatchObject({
        kind: "mismatch",
        differs: [differs],
      });
    }
    expect(await storedOrders(payment.outTradeNo)).toMatchObject([
      { status: "pending", version: 1, trade_no: null },
    ]);
  });

  it("to success by the object that the order made, or by a marked one before any is stored, keeps that object", async () => {
    const stored = await leasedIn("pending");
    await orderRow(gateway, stored.payment).set({ payment_id: "cs_ours" }).execute();
    const early = await leasedIn("processing");
    for (const { payment } of [stored, early]) {
      const paid = { ...paidFact(payment), objectId: "cs_ours" };
      expect(await settle(gateway, payment, paid)).toMatchObject({
        kind: "settled",
        payment: { objectId: "cs_ours" },
      });
      // What is paid a second time, in another object, is somebody else's.
      const other = { ...paidFact(payment), objectId: "cs_other" };
      expect(await settle(gateway, payment, other)).toMatchObject({
        kind: "mismatch",
        differs: ["payment_id"],
      });
    }
    const made = await gateway.orders.storePayable(
      early,
      aLink(early.payment, "cs_later"),
      world.clock.now(),
    );
    expect(made).toMatchObject({
      status: "success",
      objectId: "cs_ours",
      payable: { paymentId: "cs_later" },
    });
  });

  const others = [
    ["account", (payment: Payment) => ({ ...saidOf(payment), account: "another" })],
    ["mode", (payment: Payment) => ({ ...saidOf(payment), livemode: !payment.livemode })],
    ["object", (payment: Payment) => ({ ...saidOf(payment), objectId: "cs_of_a_payment_link" })],
  ] as const;
  it.each(others)("to closed, failed or started is not believed of another %s", async (_what, said) => {
    const { payment } = await leasedIn("pending");
    await orderRow(gateway, payment).set({ payment_id: "cs_ours" }).execute();
    await world.passes(13);
    const now = world.clock.now();
    for (const to of ["closed", "failed"] as const)
      expect(await gateway.orders.conclude(payment, to, said(payment), now)).toBeNull();
    await gateway.orders.markStarted(payment, said(payment), now);
    expect(await storedOrders(payment.outTradeNo)).toMatchObject([
      { status: "pending", version: 1, provider_started: 0 },
    ]);
    const own = { ...saidOf(payment), objectId: "cs_ours" };
    expect(await gateway.orders.conclude(payment, "closed", own, now)).not.toBeNull();
  });

  it("to success happens once: told again it is known, with another transaction a second payment", async () => {
    const { payment } = await leasedIn("pending");
    const paid = paidFact(payment);
    expect(await settle(gateway, payment, paid)).toMatchObject({ kind: "settled" });
    expect(await settle(gateway, payment, paid)).toMatchObject({ kind: "already" });
    expect(await settle(gateway, payment)).toMatchObject({ kind: "second-payment" });
    const wrongAmount = { ...paid, amount: { minor: 1235, currency: "CNY" } };
    expect(await settle(gateway, payment, wrongAmount)).toMatchObject({
      kind: "mismatch",
      differs: ["amount"],
    });
    expect(await storedOrders(payment.outTradeNo)).toMatchObject([{ trade_no: paid.tradeNo, version: 2 }]);
  });

  it("to success by two transactions at once is one success and one second payment", async () => {
    const { payment } = await leasedIn("pending");
    const facts = [paidFact(payment), paidFact(payment)];
    const others = [anotherGateway(), anotherGateway()];
    const holding = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    // Both have read `pending` and wait for the row before either may write.
    const holder = gateway.db.transaction().execute(async (trx) => {
      const rows = ofMerchant(trx, payment.userId).selectFrom("payment_orders").select("id");
      await rows.where("id", "=", payment.id).forUpdate().execute();
      holding.resolve();
      await letGo.promise;
    });
    await holding.promise;
    const settling = facts.map((paid, index) => settle(others[index]!, payment, paid));
    await until(async () => (await underWay(facts)) === facts.length);
    letGo.resolve();
    await holder;

    const outcomes = await Promise.all(settling);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["second-payment", "settled"]);
    const winner = facts[outcomes.findIndex(({ kind }) => kind === "settled")]!;
    const [row] = await storedOrders(payment.outTradeNo);
    expect(row).toMatchObject({ trade_no: winner.tradeNo, version: 2 });
    expect(await storedMoves(row!.id)).toEqual(["pending>success"]);
    await Promise.all(others.map((other) => other.close()));
  });

  it("by a transaction that has paid for another order is refused", async () => {
    const [first, second] = [await leasedIn("pending"), await leasedIn("pending")];
    const paid = paidFact(first.payment);
    await settle(gateway, first.payment, paid);
    const again = { ...paidFact(second.payment), tradeNo: paid.tradeNo };
    expect(await settle(gateway, second.payment, again)).toMatchObject({
      kind: "mismatch",
      differs: ["trade_no"],
    });
    expect(await storedOrders(second.payment.outTradeNo)).toMatchObject([
      { status: "pending", trade_no: null },
    ]);
  });
});
