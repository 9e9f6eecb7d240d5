import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayError } from "../../lib/errors.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Leased } from "../../lib/payment/ports.ts";
import type { Paid } from "../../lib/payment/provider.ts";
import { type PaymentStatus, paymentEdges, paymentStatuses } from "../../lib/payment/status.ts";
import { anOrder } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { storedMoves, storedOrders } from "../steps/ledgers.ts";
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

const payable = { paymentId: "p", paymentUrl: "https://pay.example", qrCode: "", extraData: {} };
const words = { code: "refused", message: "no" };

const rowOf = ({ id }: Payment) => gateway.db.updateTable("payment_orders").where("id", "=", id);

/** An order as T1 leaves it, with the lease on its attempt, then put into `status` by hand. */
async function leasedIn(status: PaymentStatus): Promise<Leased> {
  const order = anOrder();
  const caught = Promise.withResolvers<Leased>();
  const stopping: Gateway = {
    ...gateway,
    orders: {
      ...gateway.orders,
      async create(wanted) {
        const leased = await gateway.orders.create(wanted);
        caught.resolve(leased!);
        throw new Error("stop here");
      },
    },
  };
  await createThrough(stopping, shop, order).catch((error: GatewayError) =>
    expect(error.message).toBe("stop here"),
  );
  const leased = await caught.promise;
  await rowOf(leased.payment).set({ status }).execute();
  const { payment } = (await gateway.orders.find(shop.userId, { orderNo: leased.payment.orderNo }))!;
  return { ...leased, payment };
}

const paidFact = ({ orderNo, providerAccount: account, amount }: Payment): Paid => ({
  kind: "paid",
  orderNo,
  account,
  amount,
  tradeNo: `t-${randomUUID()}`,
  paidAt: world.clock.now(),
});

const settle = (payment: Payment, paid = paidFact(payment)) =>
  gateway.orders.settle(paid, {
    userId: payment.userId,
    configId: payment.configId,
    now: world.clock.now(),
    source: "look-up",
  });

const release = (leased: Leased) =>
  gateway.orders.release(leased, "test", world.clock.now(), world.clock.now());

/** Every way in which the storage moves a payment into a status. */
const moves: Record<PaymentStatus, Record<string, (leased: Leased) => Promise<unknown>>> = {
  pending: {
    storePayable: (leased) => gateway.orders.storePayable(leased, payable, world.clock.now()),
    async endCapture({ payment }) {
      const captureKey = randomUUID();
      await rowOf(payment).set({ capture_key: captureKey }).execute();
      await gateway.orders.endCapture({ ...payment, captureKey }, "test", world.clock.now());
    },
  },
  processing: {
    markStarted: ({ payment }) => gateway.orders.markStarted(payment, "test", world.clock.now()),
    claimCapture({ payment }) {
      const now = world.clock.now();
      return gateway.orders.claimCapture(payment, { key: randomUUID(), until: now, nextQueryAt: now }, now);
    },
  },
  failed: {
    refuse: (leased) => gateway.orders.refuse(leased, words, world.clock.now()),
    async conclude(leased) {
      await release(leased);
      await gateway.orders.conclude(leased.payment, "failed", "test", world.clock.now());
    },
  },
  closed: {
    async conclude(leased) {
      await release(leased);
      await gateway.orders.conclude(leased.payment, "closed", "test", world.clock.now());
    },
  },
  success: { settle: ({ payment }) => settle(payment) },
};

const allowed = (from: PaymentStatus, to: PaymentStatus) =>
  (paymentEdges[from] as readonly PaymentStatus[]).includes(to);
/** Only the create itself is refused or answered: both come before the payment has left `processing`. */
const narrower: Record<string, readonly PaymentStatus[]> = {
  storePayable: ["processing"],
  refuse: ["processing"],
};
const pairs = paymentStatuses.flatMap((from) =>
  paymentStatuses.flatMap((to) =>
    Object.keys(moves[to]).map((way) => {
      const may = allowed(from, to) && (narrower[way] ?? [from]).includes(from);
      return { from, to, way, may, verb: may ? "moves" : "does not move" };
    }),
  ),
);

describe("the table of statuses, walked in the database", () => {
  it.each(pairs)("$way $verb $from to $to", async ({ from, to, way, may }) => {
    const leased = await leasedIn(from);
    await moves[to][way]!(leased);
    const [row] = await storedOrders(leased.payment.outTradeNo);
    expect(row!.status).toBe(may ? to : from);
    if (from !== to) expect(row!.version).toBe(may ? 2 : 1);
    expect(await storedMoves(row!.id)).toEqual(may ? [`${from}>${to}`] : []);
    expect(row!.late_success).toBe(
      may && to === "success" && (from === "failed" || from === "closed") ? 1 : 0,
    );
  });

  it("has a way for every edge", () => {
    const edges = paymentStatuses.flatMap((from) => paymentEdges[from].map((to) => `${from}>${to}`));
    const walked = pairs.filter(({ may }) => may).map(({ from, to }) => `${from}>${to}`);
    expect(new Set(walked)).toEqual(new Set(edges));
  });
});

describe("a move of a payment", () => {
  const stale: [string, PaymentStatus, (leased: Leased) => Promise<unknown>][] = [
    ["markStarted", "pending", (leased) => moves.processing.markStarted!(leased)],
    ["conclude", "pending", (leased) => moves.closed.conclude!(leased)],
    ["storePayable", "processing", (leased) => moves.pending.storePayable!(leased)],
    ["refuse", "processing", (leased) => moves.failed.refuse!(leased)],
  ];
  it.each(stale)("by %s changes nothing once somebody else has moved it", async (_way, from, move) => {
    const leased = await leasedIn(from);
    await rowOf(leased.payment).set({ version: 2 }).execute();
    await move(leased);
    expect(await storedOrders(leased.payment.outTradeNo)).toMatchObject([{ status: from, version: 2 }]);
  });

  it("to closed waits for the attempt that is under way", async () => {
    const { payment } = await leasedIn("processing");
    expect(await gateway.orders.conclude(payment, "closed", "test", world.clock.now())).toBeNull();
    expect(await storedOrders(payment.outTradeNo)).toMatchObject([{ status: "processing" }]);
  });

  it("by who has lost the lease changes nothing, and the link of who has it stays", async () => {
    const slow = await leasedIn("processing");
    await world.passes(13);
    const now = world.clock.now();
    const fast = await gateway.orders.takeOver(
      slow.payment,
      randomUUID(),
      new Date(now.getTime() + 12_000),
      now,
    );
    expect(await gateway.orders.storePayable(slow, { ...payable, paymentId: "slow" }, now)).toBeNull();
    expect(await gateway.orders.refuse(slow, words, now)).toBe(false);
    await gateway.orders.release(slow, "test", now, now);
    expect(await gateway.orders.takeOver(slow.payment, randomUUID(), now, now)).toBeNull();
    await gateway.orders.storePayable(fast!, { ...payable, paymentId: "fast" }, now);
    const { payment } = (await gateway.orders.find(shop.userId, { orderNo: slow.payment.orderNo }))!;
    expect(payment).toMatchObject({ status: "pending", payable: { paymentId: "fast" } });
  });

  it("by another merchant's row, config, account, amount or currency never makes it success", async () => {
    const { payment } = await leasedIn("pending");
    const paid = paidFact(payment);
    const other = { ...payment, configId: shop.configs.stripe! };
    expect(await settle(other, paid)).toMatchObject({ kind: "mismatch", differs: ["config"] });
    expect(await settle({ ...payment, userId: "999" }, paid)).toMatchObject({ kind: "no-such-order" });
    const wrong: [Partial<Paid>, string][] = [
      [{ account: "another" }, "account"],
      [{ amount: { minor: 1235, currency: "CNY" } }, "amount"],
      [{ amount: { minor: 1234, currency: "USD" } }, "currency"],
    ];
    for (const [change, differs] of wrong) {
      expect(await settle(payment, { ...paid, ...change })).toMatchObject({
        kind: "mismatch",
        differs: [differs],
      });
    }
    expect(await storedOrders(payment.outTradeNo)).toMatchObject([
      { status: "pending", version: 1, trade_no: null },
    ]);
  });

  it("to success happens once: told again it is known, with another transaction a second payment", async () => {
    const { payment } = await leasedIn("pending");
    const paid = paidFact(payment);
    expect(await settle(payment, paid)).toMatchObject({ kind: "settled" });
    expect(await settle(payment, paid)).toMatchObject({ kind: "already" });
    expect(await settle(payment)).toMatchObject({ kind: "second-payment" });
    const wrongAmount = { ...paid, amount: { minor: 1235, currency: "CNY" } };
    expect(await settle(payment, wrongAmount)).toMatchObject({ kind: "mismatch", differs: ["amount"] });
    expect(await storedOrders(payment.outTradeNo)).toMatchObject([{ trade_no: paid.tradeNo, version: 2 }]);
  });

  it("by a transaction that has paid for another order is refused", async () => {
    const [first, second] = [await leasedIn("pending"), await leasedIn("pending")];
    const paid = paidFact(first.payment);
    await settle(first.payment, paid);
    const again = { ...paidFact(second.payment), tradeNo: paid.tradeNo };
    expect(await settle(second.payment, again)).toMatchObject({ kind: "mismatch", differs: ["trade_no"] });
    expect(await storedOrders(second.payment.outTradeNo)).toMatchObject([
      { status: "pending", trade_no: null },
    ]);
  });
});
