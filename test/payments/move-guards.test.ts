import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { PaymentStatus } from "../../lib/domain/payment-state.ts";
import type { Paid } from "../../lib/domain/provider.ts";
import type { Leased } from "../../lib/domain/provider-request.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { ofMerchant } from "../../lib/storage/of-merchant.ts";
import { claimClose, closeOrFail, markInTransit } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import {
  recordCreated,
  recordRefused,
  releaseCreateLease,
  takeCreateLease,
} from "../../lib/storage/payments/provider-requests.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { aLink, leasedOrder, orderRow, paidFact, saidOf, settleByPoll } from "../steps/leased-order.ts";
import { storedMoves, storedOrders } from "../steps/ledgers.ts";
import { until } from "../steps/until.ts";
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
      (leased) => markInTransit(gateway.db, leased.payment, saidOf(leased.payment), world.clock.now()),
    ],
    [
      "closeOrFail",
      "pending",
      async (leased) => {
        await releaseCreateLease(gateway.db, leased, {
          why: "test",
          now: world.clock.now(),
          nextPollAt: world.clock.now(),
        });
        await closeOrFail(gateway.db, leased.payment, "closed", {
          said: saidOf(leased.payment),
          now: world.clock.now(),
        });
      },
    ],
    [
      "recordCreated",
      "processing",
      (leased) => recordCreated(gateway.db, leased, aLink(leased.payment), world.clock.now()),
    ],
    [
      "refuse",
      "processing",
      (leased) => recordRefused(gateway.db, leased, words, { now: world.clock.now() }),
    ],
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

  const raced: [string, (payment: Payment) => Promise<unknown>][] = [
    [
      "closeOrFail",
      (payment) =>
        closeOrFail(gateway.db, payment, "closed", { said: saidOf(payment), now: world.clock.now() }),
    ],
    ["markInTransit", (payment) => markInTransit(gateway.db, payment, saidOf(payment), world.clock.now())],
  ];
  it.each(raced)(
    "%s changes nothing once the payment's state has changed since it was read",
    async (_, move) => {
      const { payment } = await leasedIn("pending");
      await world.passes(13);
      await orderRow(gateway, payment).set({ state: "closing" }).execute();
      await move(payment);
      expect(await storedOrders(payment.outTradeNo)).toMatchObject([{ state: "closing", version: 1 }]);
      await move({ ...payment, state: "closing" });
      expect(await storedOrders(payment.outTradeNo)).not.toMatchObject([{ state: "closing" }]);
    },
  );

  it("a payment that has changed since it was read is not marked as closing", async () => {
    const { payment } = await leasedIn("pending");
    await orderRow(gateway, payment).set({ version: 2 }).execute();
    expect(await claimClose(gateway.db, payment)).toBeNull();
    expect(await storedOrders(payment.outTradeNo)).toMatchObject([{ state: "payable" }]);
  });

  it("a payment is not closed during its create, but can be once the create is done", async () => {
    const leased = await leasedIn("processing");
    const close = (payment: Payment) =>
      closeOrFail(gateway.db, payment, "closed", { said: saidOf(payment), now: world.clock.now() });
    expect(await close(leased.payment)).toBeNull();
    expect(await storedOrders(leased.payment.outTradeNo)).toMatchObject([{ status: "processing" }]);
    const made = await recordCreated(gateway.db, leased, aLink(leased.payment), world.clock.now());
    expect(await close(made!)).toMatchObject({ payment: { status: "closed" } });
  });

  it("a caller that has lost the lease changes nothing, and the link of the new holder stays", async () => {
    const slow = await leasedIn("processing");
    await world.passes(13);
    const now = world.clock.now();
    const fast = await takeCreateLease(gateway.db, slow.payment, {
      leaseToken: randomUUID(),
      leaseUntil: secondsAfter(now, 12),
      now,
    });
    expect(await recordCreated(gateway.db, slow, aLink(slow.payment, "slow"), now)).toBeNull();
    expect(await recordRefused(gateway.db, slow, words, { now })).toBeNull();
    await releaseCreateLease(gateway.db, slow, { why: "test", now, nextPollAt: now });
    expect(
      await takeCreateLease(gateway.db, slow.payment, { leaseToken: randomUUID(), leaseUntil: now, now }),
    ).toBeNull();
    await recordCreated(gateway.db, fast!, aLink(slow.payment, "fast"), now);
    const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo: slow.payment.orderNo }))!;
    expect(payment).toMatchObject({ status: "pending", payable: { paymentId: "fast" } });
  });

  it.each(["failed", "closed"] as const)("the lease of a %s payment cannot be taken", async (status) => {
    const { payment } = await leasedIn(status);
    await world.passes(13);
    const now = world.clock.now();
    expect(
      await takeCreateLease(gateway.db, payment, {
        leaseToken: randomUUID(),
        leaseUntil: secondsAfter(now, 12),
        now,
      }),
    ).toBeNull();
  });

  it("the lease of a create cannot be taken once its outcome is stored, however long ago it expired", async () => {
    const leased = await leasedIn("processing");
    await recordCreated(gateway.db, leased, aLink(leased.payment), world.clock.now());
    await world.passes(13);
    const now = world.clock.now();
    expect(
      await takeCreateLease(gateway.db, leased.payment, { leaseToken: randomUUID(), leaseUntil: now, now }),
    ).toBeNull();
  });

  it("releasing a lease reschedules neither a settled payment nor one whose lease was lost", async () => {
    const settled = await leasedIn("processing");
    await settleByPoll(gateway, settled.payment);
    const slow = await leasedIn("processing");
    await world.passes(13);
    const now = world.clock.now();
    await takeCreateLease(gateway.db, slow.payment, {
      leaseToken: randomUUID(),
      leaseUntil: secondsAfter(now, 12),
      now,
    });
    const hour = secondsAfter(now, 3600);
    const dueOf = async ({ payment }: Leased) => (await storedOrders(payment.outTradeNo))[0]!.next_poll_at;
    const quiet = await dueOf(settled);
    for (const leased of [settled, slow])
      await releaseCreateLease(gateway.db, leased, { why: "test", now, nextPollAt: hour });
    expect(await dueOf(settled)).toEqual(quiet);
    expect(await dueOf(slow)).toEqual(slow.payment.nextPollAt);
  });

  it("an event of another merchant, account, mode, object, amount or currency never settles a payment", async () => {
    const { payment } = await leasedIn("pending");
    await orderRow(gateway, payment).set({ payment_id: "cs_ours" }).execute();
    const paid = paidFact(payment);
    const otherKey = { ...payment, providerAccount: "another" };
    expect(await settleByPoll(gateway, otherKey, paid)).toMatchObject({
      kind: "mismatch",
      differs: ["account"],
    });
    const otherProvider = { ...payment, provider: "paypal" };
    expect(await settleByPoll(gateway, otherProvider, paid)).toMatchObject({
      kind: "mismatch",
      differs: ["provider"],
    });
    const otherMode = { ...payment, livemode: !payment.livemode };
    expect(await settleByPoll(gateway, otherMode, paid)).toMatchObject({
      kind: "mismatch",
      differs: ["livemode"],
    });
    expect(await settleByPoll(gateway, { ...payment, userId: "999" }, paid)).toMatchObject({
      kind: "no-such-order",
    });
    const wrong: [Partial<Paid>, string][] = [
      [{ account: "another" }, "account"],
      [{ objectId: "cs_of_a_payment_link" }, "payment_id"],
      [{ amount: { minor: 1235, currency: "CNY" } }, "amount"],
      [{ amount: { minor: 1234, currency: "USD" } }, "currency"],
    ];
    for (const [change, differs] of wrong) {
      expect(await settleByPoll(gateway, payment, { ...paid, ...change })).toMatchObject({
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
      expect(await settleByPoll(gateway, payment, paid)).toMatchObject({
        kind: "settled",
        payment: { objectId: "cs_ours" },
      });
      // A second payment through another object does not belong to this order.
      const other = { ...paidFact(payment), objectId: "cs_other" };
      expect(await settleByPoll(gateway, payment, other)).toMatchObject({
        kind: "mismatch",
        differs: ["payment_id"],
      });
    }
    const made = await recordCreated(gateway.db, early, aLink(early.payment, "cs_later"), world.clock.now());
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
        expect(await closeOrFail(gateway.db, payment, to, { said: said(payment), now })).toBeNull();
      await markInTransit(gateway.db, payment, said(payment), now);
      expect(await storedOrders(payment.outTradeNo)).toMatchObject([
        { status: "pending", version: 1, state: "payable" },
      ]);
      const own = { ...saidOf(payment), objectId: "cs_ours" };
      expect(await closeOrFail(gateway.db, payment, "closed", { said: own, now })).not.toBeNull();
    },
  );

  it("a payment settles once: the same transaction is recognised, another one is a second payment", async () => {
    const { payment } = await leasedIn("pending");
    const paid = paidFact(payment);
    expect(await settleByPoll(gateway, payment, paid)).toMatchObject({ kind: "settled" });
    expect(await settleByPoll(gateway, payment, paid)).toMatchObject({ kind: "already" });
    expect(await settleByPoll(gateway, payment)).toMatchObject({ kind: "second-payment" });
    const wrongAmount = { ...paid, amount: { minor: 1235, currency: "CNY" } };
    expect(await settleByPoll(gateway, payment, wrongAmount)).toMatchObject({
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
    const settling = facts.map((paid, index) => settleByPoll(others[index]!, payment, paid));
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
    await settleByPoll(gateway, first.payment, paid);
    const again = { ...paidFact(second.payment), tradeNo: paid.tradeNo };
    expect(await settleByPoll(gateway, second.payment, again)).toMatchObject({
      kind: "mismatch",
      differs: ["trade_no"],
    });
    expect(await storedOrders(second.payment.outTradeNo)).toMatchObject([
      { status: "pending", trade_no: null },
    ]);
  });
});
