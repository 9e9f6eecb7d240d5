import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import { observe } from "../../lib/payment/observe.ts";
import { newProviderRefundNo } from "../../lib/payment/order-no.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import { driveRefund, endRefund } from "../../lib/refund/drive-refund.ts";
import { observeRefund } from "../../lib/refund/observe-refund.ts";
import type { LeasedRefund, NewRefund, RefundFact, StoredRefund } from "../../lib/refund/ports.ts";
import type { RefundOutcome } from "../../lib/refund/refund.ts";
import { ofMerchant } from "../../lib/storage/of-merchant.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { accountOf, leasedOrder, orderRow, settledPayment } from "../steps/leased-order.ts";
import { aRefundNo } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const aPayment = () => settledPayment(gateway, shop);

function aRefund(change: Partial<NewRefund> = {}): NewRefund {
  const now = world.clock.now();
  const providerRefundNo = newProviderRefundNo(now);
  return {
    refundNo: aRefundNo(),
    providerRefundNo,
    prepared: {},
    idempotencyKey: providerRefundNo,
    amount: { minor: 100, currency: "CNY" },
    reason: "",
    request: "{}",
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, 20),
    nextQueryAt: secondsAfter(now, 15),
    now,
    ...change,
  };
}

async function reserved(payment: Payment, change: Partial<NewRefund> = {}): Promise<LeasedRefund> {
  const outcome = await gateway.refunds.reserve(payment, aRefund(change));
  if (outcome.kind !== "reserved") throw new Error(`not reserved: ${outcome.kind}`);
  return outcome.leased;
}

const stored = async ({ refund }: Pick<StoredRefund, "refund">) =>
  (await gateway.refunds.byId(refund.userId, refund.id))!;
const takenOver = async (leased: LeasedRefund, now = world.clock.now()) =>
  gateway.refunds.takeOver(await stored(leased), {
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, 20),
    nextQueryAt: secondsAfter(now, 20),
    now,
  });
const fact = (change: Partial<RefundFact> = {}): RefundFact => ({
  to: "success",
  refundId: `re-${randomUUID()}`,
  error: null,
  told: "webhook",
  now: world.clock.now(),
  notify: true,
  overrules: true,
  ...change,
});
const times = () => ({
  now: world.clock.now(),
  leaseUntil: world.clock.now(),
  nextQueryAt: world.clock.now(),
});
const totalRefunded = async ({ orderNo }: Payment) => Number((await rows.order(orderNo)).refunded_minor);

describe("reserving a refund", () => {
  it("of what is not paid, whatever it was when it was read, is refused", async () => {
    const payment = await aPayment();
    await orderRow(gateway, payment).set({ status: "closed" }).execute();
    expect(await gateway.refunds.reserve(payment, aRefund())).toEqual({ kind: "does-not-fit" });
  });

  it("in another currency is refused", async () => {
    const amount = { minor: 100, currency: "USD" };
    expect(await gateway.refunds.reserve(await aPayment(), aRefund({ amount }))).toEqual({
      kind: "does-not-fit",
    });
  });

  it("under a number that was used is no refund of one's own, but for who has made it", async () => {
    const payment = await aPayment();
    const wanted = aRefund();
    expect(await gateway.refunds.reserve(payment, wanted)).toMatchObject({ kind: "reserved" });
    const late = aRefund({ refundNo: wanted.refundNo });
    expect(await gateway.refunds.reserve(payment, late)).toEqual({ kind: "exists" });
    // As after a COMMIT that nobody answered.
    expect(await gateway.refunds.reserve(payment, wanted)).toMatchObject({
      kind: "reserved",
      leased: { refund: { refundNo: wanted.refundNo }, leaseToken: wanted.leaseToken },
    });
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "100" });
  });

  it("under a number that another has at the provider is refused", async () => {
    const payment = await aPayment();
    const { providerRefundNo } = (await reserved(payment)).refund;
    expect(await gateway.refunds.reserve(payment, aRefund({ providerRefundNo }))).toEqual({ kind: "exists" });
  });
});

describe("the lease of a refund", () => {
  it("is taken over when it is over, and not before", async () => {
    const leased = await reserved(await aPayment());
    expect(await takenOver(leased)).toBeNull();
    await world.passes(21);
    expect(await takenOver(leased)).toMatchObject({ refund: { id: leased.refund.id } });
  });

  it("is not taken over once the refund has ended", async () => {
    const leased = await reserved(await aPayment());
    await gateway.refunds.finish(leased.refund, leased.payment, fact());
    await world.passes(21);
    expect(await takenOver(leased)).toBeNull();
  });

  it("is let go only by who holds it", async () => {
    const slow = await reserved(await aPayment());
    await world.passes(21);
    const fast = await takenOver(slow);
    await gateway.refunds.release(slow, "test", times());
    expect(await stored(slow)).toMatchObject({ refund: { status: "processing" } });
    await gateway.refunds.release(fast!, "test", times());
    expect(await stored(slow)).toMatchObject({ refund: { status: "unknown" } });
  });

  it("opens no refund again that has ended meanwhile", async () => {
    const leased = await reserved(await aPayment());
    await gateway.refunds.finish(leased.refund, leased.payment, fact());
    await gateway.refunds.release(leased, "test", times());
    expect(await stored(leased)).toMatchObject({ refund: { status: "success" } });
  });
});

describe("a refund whose outcome is unknown", () => {
  it.each([
    ["refunded", ["look"]],
    ["unknown", ["look"]],
    ["missing", ["look", "ask"]],
  ] as const)("is looked for before anybody asks for it again: %s", async (kind, expected) => {
    const leased = await reserved(await aPayment());
    const asked: string[] = [];
    const says = (what: string, outcome: RefundOutcome) => async () => {
      asked.push(what);
      return outcome;
    };
    const found: RefundOutcome = kind === "refunded" ? { kind, refundId: "re" } : { kind, why: "test" };
    const of: Gateway["configs"]["of"] = async (payment) => {
      const config = await gateway.configs.of(payment);
      const lookRefund = says("look", found);
      return {
        ...config,
        adapter: { ...config.adapter, lookRefund, refund: says("ask", { kind: "unknown", why: "" }) },
      };
    };
    await driveRefund({ ...gateway, configs: { ...gateway.configs, of } }, leased, {
      first: false,
      told: "look-up",
    });
    expect(asked).toEqual(expected);
  });
});

describe("the end of a refund", () => {
  it("moves no sum of what is not paid", async () => {
    const { refund, payment } = await reserved(await aPayment());
    await orderRow(gateway, payment).set({ status: "closed" }).execute();
    expect(await gateway.refunds.finish(refund, payment, fact())).toEqual({ kind: "over-refund" });
    expect(await stored({ refund })).toMatchObject({ refund: { status: "processing" } });
  });

  it("that does not fit is raised for a person", async () => {
    const { refund, payment } = await reserved(await aPayment());
    await orderRow(gateway, payment).set({ status: "closed" }).execute();
    await endRefund(gateway, { refund, payment }, fact());
    const raised = (await rows.anomalies(payment.configId)).at(-1);
    expect(raised).toMatchObject({ kind: "over_refund", order_no: payment.orderNo });
  });

  it("that comes again after another one is told again, in the next generation of its series", async () => {
    const { refund, payment } = await reserved(await aPayment());
    const told: number[] = [];
    for (const to of ["success", "failed", "success"] as const) {
      const finished = await gateway.refunds.finish(refund, payment, fact({ to }));
      if (finished.kind === "finished")
        told.push(...finished.notifications.map(({ generation }) => generation));
    }
    expect(told).toEqual([1, 1, 2]);
    expect(await totalRefunded(payment)).toBe(100);
  });

  it("is turned by what the provider was asked, and by no event, which may be an old one", async () => {
    const { refund, payment } = await reserved(await aPayment());
    const end = (to: "success" | "failed", overrules: boolean) =>
      gateway.refunds.finish(refund, payment, fact({ to, overrules }));
    expect(await end("success", false)).toMatchObject({ kind: "finished" });
    expect(await end("failed", false)).toMatchObject({ kind: "contradicts" });
    expect(await stored({ refund })).toMatchObject({ refund: { status: "success" } });
    expect(await end("failed", true)).toMatchObject({ kind: "finished" });
    expect(await totalRefunded(payment)).toBe(0);
  });

  it("is not told by a word about another amount", async () => {
    const { refund, payment } = await reserved(await aPayment());
    const { tradeNo, orderNo } = payment;
    const amount = { minor: refund.amount.minor + 1, currency: "CNY" };
    const seen = { orderNo, tradeNo, refundNo: refund.providerRefundNo, refundId: "re", amount };
    await observeRefund(gateway, payment, { kind: "refunded", ...seen }, "webhook");
    expect(await stored({ refund })).toMatchObject({ refund: { status: "processing" } });
    expect((await rows.anomalies(payment.configId)).at(-1)).toMatchObject({
      detail: { differs: ["amount"] },
    });
  });

  it("is not told by a word about another order", async () => {
    const { refund } = await reserved(await aPayment());
    const other = await aPayment();
    const { tradeNo, orderNo } = other;
    const refundId = `re-${randomUUID()}`;
    const seen = { orderNo, tradeNo, refundNo: refund.providerRefundNo, refundId, amount: refund.amount };
    await observeRefund(gateway, other, { kind: "refunded", ...seen }, "webhook");
    expect(await stored({ refund })).toMatchObject({ refund: { status: "processing" } });
    expect(await totalRefunded(other)).toBe(100);
  });
});

describe("a refund in the provider's console", () => {
  it("that is told before its payment is settled is not acknowledged, and the provider is asked", async () => {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    const { orderNo, userId, configId, provider } = payment;
    const amount = { minor: 100, currency: "CNY" };
    const seen = { kind: "refunded", orderNo, tradeNo: "t", refundNo: null, refundId: "re", amount } as const;
    const source = { ...accountOf(payment), userId, configId, provider, told: "webhook" } as const;
    const told = observe(gateway, payment, [seen], source);
    await expect(told).rejects.toMatchObject({ failure: "unavailable" });
    const due = (await rows.order(orderNo)).next_query_at as Date;
    expect(due.getTime()).toBeLessThanOrEqual(world.clock.now().getTime());
  });

  it("that is told again is known", async () => {
    const payment = await aPayment();
    const foreign = { refundId: `re-${randomUUID()}`, amount: { minor: 100, currency: "CNY" } };
    const tell = () => gateway.refunds.recordForeign(payment, foreign, "webhook", world.clock.now());
    expect(await tell()).toMatchObject({ kind: "finished" });
    expect(await tell()).toEqual({ kind: "already" });
    expect(await totalRefunded(payment)).toBe(100);
  });

  it("is booked as far as reservations have hidden it, each time that one of them fails", async () => {
    const payment = await aPayment();
    const amount = { minor: 300, currency: "CNY" };
    const hiding = [await reserved(payment, { amount }), await reserved(payment, { amount })];
    const total = { minor: 900, currency: "CNY" };
    const tell = () => gateway.refunds.recordTotal(payment, total, "webhook", world.clock.now());
    expect(await tell()).toMatchObject({ kind: "finished" });
    expect(await totalRefunded(payment)).toBe(300);
    for (const [index, { refund }] of hiding.entries()) {
      const finished = await gateway.refunds.finish(refund, payment, fact({ to: "failed", refundId: "" }));
      expect(finished).toMatchObject({ kind: "finished" });
      expect(await totalRefunded(payment)).toBe(600 + index * 300);
    }
    expect(await tell()).toEqual({ kind: "already" });
  });

  it("is booked once when two totals that hold it arrive at once", async () => {
    const payment = await aPayment();
    const others = [anotherGateway(), anotherGateway()];
    const holding = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    const holder = gateway.db.transaction().execute(async (trx) => {
      const rows = ofMerchant(trx, payment.userId).selectFrom("payment_orders").select("id");
      await rows.where("id", "=", payment.id).forUpdate().execute();
      holding.resolve();
      await letGo.promise;
    });
    await holding.promise;
    const now = world.clock.now();
    const totals = [300, 500].map((minor, at) =>
      others[at]!.refunds.recordTotal(payment, { minor, currency: "CNY" }, "webhook", now),
    );
    // Both have begun and can go no further than the row.
    await until(async () => {
      const statements = await rows.query<{ Info: string | null }>("SHOW FULL PROCESSLIST");
      return statements.filter(({ Info }) => Info?.includes("payment_orders")).length === 2;
    });
    letGo.resolve();
    await holder;
    await Promise.all(totals);
    expect(await totalRefunded(payment)).toBe(500);
    await Promise.all(others.map((other) => other.close()));
  });

  it("whose total comes late makes none of what a greater one has told", async () => {
    const { refund, payment } = await reserved(await aPayment(), { amount: { minor: 500, currency: "CNY" } });
    const tell = (minor: number) =>
      gateway.refunds.recordTotal(payment, { minor, currency: "CNY" }, "webhook", world.clock.now());
    for (const minor of [300, 200]) expect(await tell(minor)).toEqual({ kind: "already" });
    // Ours comes to nothing, so that the 300 were made in the console.
    await gateway.refunds.finish(refund, payment, fact({ to: "failed", refundId: "" }));
    expect(await totalRefunded(payment)).toBe(300);
  });
});
