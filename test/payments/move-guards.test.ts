import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { type Gateway, openGateway } from "../../lib/open-gateway.ts";
import type { Payment } from "../../lib/payments/payment.ts";
import type { PaymentStatus } from "../../lib/payments/payment-status.ts";
import type { Leased } from "../../lib/payments/ports.ts";
import type { Paid } from "../../lib/payments/provider.ts";
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

/** How many of these settlements the database is executing now or has waiting for the row lock. */
async function underWay(facts: Paid[]): Promise<number> {
  const { rows } = await sql<{ Info: string | null }>`SHOW FULL PROCESSLIST`.execute(openGateway().db);
  return facts.filter(({ tradeNo }) => rows.some(({ Info }) => Info?.includes(tradeNo))).length;
}

describe("status changes of a payment", () => {
  const stale: [string, PaymentStatus, (leased: Leased) => Promise<unknown>][] = [
    [
      "markInTransit",
      "pending",
      (leased) => gateway.orders.markInTransit(leased.payment, saidOf(leased.payment), world.clock.now()),
    ],
    [
      "closeOrFail",
      "pending",
      async (leased) => {
        await gateway.orders.release(leased, "test", world.clock.now(), world.clock.now());
        await gateway.orders.closeOrFail(leased.payment, "closed", saidOf(leased.payment), world.clock.now());
      },
    ],
    [
      "recordCreated",
      "processing",
      (leased) => gateway.orders.recordCreated(leased, aLink(leased.payment), world.clock.now()),
    ],
    ["refuse", "processing", (leased) => gateway.orders.refuse(leased, words, world.clock.now())],
  ];
  it.each(stale)(
    "%s changes nothing once another caller has changed the payment",
    async (_way, from, move) => {
      const leased = await leasedIn(from);
      await orderRow(gateway, leased.payment).set({ version: 2 }).execute();
      await move(leased);
      expect(await storedOrders(leased.payment.outTradeNo)).toMatchObject([{ status: from, version: 2 }]);
    },
  );

  it("a payment is not closed during its create, but can be once the create is done", async () => {
    const leased = await leasedIn("processing");
    const close = (payment: Payment) =>
      gateway.orders.closeOrFail(payment, "closed", saidOf(payment), world.clock.now());
    expect(await close(leased.payment)).toBeNull();
    expect(await storedOrders(leased.payment.outTradeNo)).toMatchObject([{ status: "processing" }]);
    const made = await gateway.orders.recordCreated(leased, aLink(leased.payment), world.clock.now());
    expect(await close(made!)).toMatchObject({ payment: { status: "closed" } });
  });

  it("a caller that has lost the lease changes nothing, and the link of the new holder stays", async () => {
    const slow = await leasedIn("processing");
    await world.passes(13);
    const now = world.clock.now();
    const fast = await gateway.orders.takeLease(slow.payment, randomUUID(), secondsAfter(now, 12), now);
    expect(await gateway.orders.recordCreated(slow, aLink(slow.payment, "slow"), now)).toBeNull();
    expect(await gateway.orders.refuse(slow, words, now)).toBeNull();
    await gateway.orders.release(slow, "test", now, now);
    expect(await gateway.orders.takeLease(slow.payment, randomUUID(), now, now)).toBeNull();
    await gateway.orders.recordCreated(fast!, aLink(slow.payment, "fast"), now);
    const { payment } = (await gateway.orders.find(shop.userId, { orderNo: slow.payment.orderNo }))!;
    expect(payment).toMatchObject({ status: "pending", payable: { paymentId: "fast" } });
  });

  it.each(["failed", "closed"] as const)("the lease of a %s payment cannot be taken", async (status) => {
    const { payment } = await leasedIn(status);
    await world.passes(13);
    const now = world.clock.now();
    expect(await gateway.orders.takeLease(payment, randomUUID(), secondsAfter(now, 12), now)).toBeNull();
  });

  it("the lease of a create cannot be taken once its outcome is stored, however long ago it expired", async () => {
    const leased = await leasedIn("processing");
    await gateway.orders.recordCreated(leased, aLink(leased.payment), world.clock.now());
    await world.passes(13);
    const now = world.clock.now();
    expect(await gateway.orders.takeLease(leased.payment, randomUUID(), now, now)).toBeNull();
  });

  it("releasing a lease reschedules neither a settled payment nor one whose lease was lost", async () => {
    const settled = await leasedIn("processing");
    await settle(gateway, settled.payment);
    const slow = await leasedIn("processing");
    await world.passes(13);
    const now = world.clock.now();
    await gateway.orders.takeLease(slow.payment, randomUUID(), secondsAfter(now, 12), now);
    const hour = secondsAfter(now, 3600);
    const dueOf = async ({ payment }: Leased) => (await storedOrders(payment.outTradeNo))[0]!.next_poll_at;
    const quiet = await dueOf(settled);
    for (const leased of [settled, slow]) await gateway.orders.release(leased, "test", now, hour);
    expect(await dueOf(settled)).toEqual(quiet);
    expect(await dueOf(slow)).toEqual(slow.payment.nextPollAt);
  });

  it("an event of another merchant, account, mode, object, amount or currency never settles a payment", async () => {
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

  it("a payment settled by its stored object, or by a marked one before any is stored, keeps that object", async () => {
    const stored = await leasedIn("pending");
    await orderRow(gateway, stored.payment).set({ payment_id: "cs_ours" }).execute();
    const early = await leasedIn("processing");
    for (const { payment } of [stored, early]) {
      const paid = { ...paidFact(payment), objectId: "cs_ours" };
      expect(await settle(gateway, payment, paid)).toMatchObject({
        kind: "settled",
        payment: { objectId: "cs_ours" },
      });
      // A second payment through another object does not belong to this order.
      const other = { ...paidFact(payment), objectId: "cs_other" };
      expect(await settle(gateway, payment, other)).toMatchObject({
        kind: "mismatch",
        differs: ["payment_id"],
      });
    }
    const made = await gateway.orders.recordCreated(
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
  it.each(others)(
    "an event of another %s makes no payment closed, failed or in transit",
    async (_what, said) => {
      const { payment } = await leasedIn("pending");
      await orderRow(gateway, payment).set({ payment_id: "cs_ours" }).execute();
      await world.passes(13);
      const now = world.clock.now();
      for (const to of ["closed", "failed"] as const)
        expect(await gateway.orders.closeOrFail(payment, to, said(payment), now)).toBeNull();
      await gateway.orders.markInTransit(payment, said(payment), now);
      expect(await storedOrders(payment.outTradeNo)).toMatchObject([
        { status: "pending", version: 1, in_transit: 0 },
      ]);
      const own = { ...saidOf(payment), objectId: "cs_ours" };
      expect(await gateway.orders.closeOrFail(payment, "closed", own, now)).not.toBeNull();
    },
  );

  it("a payment settles once: the same transaction is recognised, another one is a second payment", async () => {
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

  it("two transactions that settle a payment at once make one success and one second payment", async () => {
    const { payment } = await leasedIn("pending");
    const facts = [paidFact(payment), paidFact(payment)];
    const others = [anotherGateway(), anotherGateway()];
    const holding = Promise.withResolvers<void>();
    const releaseLease = Promise.withResolvers<void>();
    // Both have read `pending` and wait for the row lock before either can write.
    const holder = gateway.db.transaction().execute(async (trx) => {
      const rows = ofMerchant(trx, payment.userId).selectFrom("payment_orders").select("id");
      await rows.where("id", "=", payment.id).forUpdate().execute();
      holding.resolve();
      await releaseLease.promise;
    });
    await holding.promise;
    const settling = facts.map((paid, index) => settle(others[index]!, payment, paid));
    await until(async () => (await underWay(facts)) === facts.length);
    releaseLease.resolve();
    await holder;

    const outcomes = await Promise.all(settling);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["second-payment", "settled"]);
    const winner = facts[outcomes.findIndex(({ kind }) => kind === "settled")]!;
    const [row] = await storedOrders(payment.outTradeNo);
    expect(row).toMatchObject({ trade_no: winner.tradeNo, version: 2 });
    expect(await storedMoves(row!.id)).toEqual(["pending>success"]);
    await Promise.all(others.map((other) => other.close()));
  });

  it("a transaction that has paid for another order does not settle a payment", async () => {
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
