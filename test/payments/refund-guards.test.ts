import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { newProviderRefundNo } from "../../lib/domain/order-no.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { LeasedRefund, RefundFact, RefundOutcome, StoredRefund } from "../../lib/domain/refund.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { applyEvents } from "../../lib/payments/apply-events.ts";
import { applyRefundEvent } from "../../lib/payments/apply-refund-event.ts";
import { driveRefund, endRefund } from "../../lib/payments/run-refund.ts";
import { ofMerchant } from "../../lib/storage/of-merchant.ts";
import { recordExternalRefund } from "../../lib/storage/refunds/external-refunds.ts";
import { findRefundById } from "../../lib/storage/refunds/find-refund.ts";
import { finishRefund } from "../../lib/storage/refunds/finish-refund.ts";
import { releaseRefund, takeRefundLease } from "../../lib/storage/refunds/refund-lease.ts";
import { recordRefundTotal } from "../../lib/storage/refunds/refund-totals.ts";
import { type NewRefund, reserveRefund } from "../../lib/storage/refunds/reserve-refund.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { accountOf, leasedOrder, orderRow, settledPayment } from "../steps/leased-order.ts";
import { aRefundNo } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { until } from "../steps/until.ts";
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
    nextPollAt: secondsAfter(now, 15),
    now,
    ...change,
  };
}

async function reserved(payment: Payment, change: Partial<NewRefund> = {}): Promise<LeasedRefund> {
  const outcome = await reserveRefund(gateway.db, payment, aRefund(change));
  if (outcome.kind !== "reserved") throw new Error(`not reserved: ${outcome.kind}`);
  return outcome.leased;
}

const stored = async ({ refund }: Pick<StoredRefund, "refund">) =>
  (await findRefundById(gateway.db, refund.userId, refund.id))!;
const leaseTaken = async (leased: LeasedRefund, now = world.clock.now()) =>
  takeRefundLease(gateway.db, await stored(leased), {
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, 20),
    nextPollAt: secondsAfter(now, 20),
    now,
  });
const fact = (change: Partial<RefundFact> = {}): RefundFact => ({
  to: "success",
  refundId: `re-${randomUUID()}`,
  error: null,
  source: "webhook",
  now: world.clock.now(),
  notify: true,
  overrules: true,
  ...change,
});
const times = () => ({
  now: world.clock.now(),
  leaseUntil: world.clock.now(),
  nextPollAt: world.clock.now(),
});
const totalRefunded = async ({ orderNo }: Payment) => Number((await rows.order(orderNo)).refunded_minor);

describe("reserving a refund", () => {
  it("a refund of an unpaid payment is not reserved, even if the payment was paid when it was read", async () => {
    const payment = await aPayment();
    await orderRow(gateway, payment).set({ state: "closed" }).execute();
    expect(await reserveRefund(gateway.db, payment, aRefund())).toEqual({ kind: "does-not-fit" });
  });

  it("a refund in another currency is not reserved", async () => {
    const amount = { minor: 100, currency: "USD" };
    expect(await reserveRefund(gateway.db, await aPayment(), aRefund({ amount }))).toEqual({
      kind: "does-not-fit",
    });
  });

  it("a used refund number is not reserved again, except by a repeat of the same reservation", async () => {
    const payment = await aPayment();
    const input = aRefund();
    expect(await reserveRefund(gateway.db, payment, input)).toMatchObject({ kind: "reserved" });
    const late = aRefund({ refundNo: input.refundNo });
    expect(await reserveRefund(gateway.db, payment, late)).toEqual({ kind: "exists" });
    // The same reservation again, as after a COMMIT whose response was lost.
    expect(await reserveRefund(gateway.db, payment, input)).toMatchObject({
      kind: "reserved",
      leased: { refund: { refundNo: input.refundNo }, leaseToken: input.leaseToken },
    });
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "100" });
  });

  it("a refund with the provider number of another refund is not reserved", async () => {
    const payment = await aPayment();
    const { providerRefundNo } = (await reserved(payment)).refund;
    expect(await reserveRefund(gateway.db, payment, aRefund({ providerRefundNo }))).toEqual({
      kind: "exists",
    });
  });
});

describe("leases of refunds", () => {
  it("the lease of a refund can be taken once it has expired, not before", async () => {
    const leased = await reserved(await aPayment());
    expect(await leaseTaken(leased)).toBeNull();
    await world.passes(21);
    expect(await leaseTaken(leased)).toMatchObject({ refund: { id: leased.refund.id } });
  });

  it("the lease of an ended refund cannot be taken", async () => {
    const leased = await reserved(await aPayment());
    await finishRefund(gateway.db, leased.refund, leased.payment, fact());
    await world.passes(21);
    expect(await leaseTaken(leased)).toBeNull();
  });

  it("the lease of a refund is released only by its holder", async () => {
    const slow = await reserved(await aPayment());
    await world.passes(21);
    const fast = await leaseTaken(slow);
    await releaseRefund(gateway.db, slow, "test", times());
    expect(await stored(slow)).toMatchObject({ refund: { status: "processing" } });
    await releaseRefund(gateway.db, fast!, "test", times());
    expect(await stored(slow)).toMatchObject({ refund: { status: "unknown" } });
  });

  it("releasing a lease does not reopen a refund that has ended meanwhile", async () => {
    const leased = await reserved(await aPayment());
    await finishRefund(gateway.db, leased.refund, leased.payment, fact());
    await releaseRefund(gateway.db, leased, "test", times());
    expect(await stored(leased)).toMatchObject({ refund: { status: "success" } });
  });
});

describe("refunds with an unknown outcome", () => {
  it.each([
    ["refunded", ["fetch"]],
    ["unknown", ["fetch"]],
    ["missing", ["fetch", "ask"]],
  ] as const)(
    "a refund with an unknown outcome is fetched before it is requested again: %s",
    async (kind, expected) => {
      const leased = await reserved(await aPayment());
      const requested: string[] = [];
      const says = (what: string, outcome: RefundOutcome) => async () => {
        requested.push(what);
        return outcome;
      };
      const found: RefundOutcome = kind === "refunded" ? { kind, refundId: "re" } : { kind, why: "test" };
      const of: Gateway["configs"]["of"] = async (payment) => {
        const config = await gateway.configs.of(payment);
        const fetchRefund = says("fetch", found);
        return {
          ...config,
          adapter: { ...config.adapter, fetchRefund, refund: says("ask", { kind: "unknown", why: "" }) },
        };
      };
      await driveRefund({ ...gateway, configs: { ...gateway.configs, of } }, leased, {
        first: false,
        source: "poll",
      });
      expect(requested).toEqual(expected);
    },
  );
});

describe("finishing a refund", () => {
  it("finishing a refund of an unpaid payment changes no amounts", async () => {
    const { refund, payment } = await reserved(await aPayment());
    await orderRow(gateway, payment).set({ state: "closed" }).execute();
    expect(await finishRefund(gateway.db, refund, payment, fact())).toEqual({ kind: "over-refund" });
    expect(await stored({ refund })).toMatchObject({ refund: { status: "processing" } });
  });

  it("finishing a refund that does not fit raises an anomaly", async () => {
    const { refund, payment } = await reserved(await aPayment());
    await orderRow(gateway, payment).set({ state: "closed" }).execute();
    await endRefund(gateway, { refund, payment }, fact());
    const raised = (await rows.anomalies(payment.configId)).at(-1);
    expect(raised).toMatchObject({ kind: "over_refund", order_no: payment.orderNo });
  });

  it("a refund that reaches a final status again is notified in the next generation of its series", async () => {
    const { refund, payment } = await reserved(await aPayment());
    const notified: number[] = [];
    for (const to of ["success", "failed", "success"] as const) {
      const finished = await finishRefund(gateway.db, refund, payment, fact({ to }));
      if (finished.kind === "finished")
        notified.push(...finished.notifications.map(({ generation }) => generation));
    }
    expect(notified).toEqual([1, 1, 2]);
    expect(await totalRefunded(payment)).toBe(100);
  });

  it("a final refund status is changed by a poll, but not by an event, which may be an old one", async () => {
    const { refund, payment } = await reserved(await aPayment());
    const end = (to: "success" | "failed", overrules: boolean) =>
      finishRefund(gateway.db, refund, payment, fact({ to, overrules }));
    expect(await end("success", false)).toMatchObject({ kind: "finished" });
    expect(await end("failed", false)).toMatchObject({ kind: "contradicts" });
    expect(await stored({ refund })).toMatchObject({ refund: { status: "success" } });
    expect(await end("failed", true)).toMatchObject({ kind: "finished" });
    expect(await totalRefunded(payment)).toBe(0);
  });

  it("an event about another amount does not finish a refund", async () => {
    const { refund, payment } = await reserved(await aPayment());
    const { tradeNo, orderNo } = payment;
    const amount = { minor: refund.amount.minor + 1, currency: "CNY" };
    const seen = { orderNo, tradeNo, refundNo: refund.providerRefundNo, refundId: "re", amount };
    await applyRefundEvent(gateway, payment, { kind: "refunded", ...seen }, { source: "webhook" });
    expect(await stored({ refund })).toMatchObject({ refund: { status: "processing" } });
    expect((await rows.anomalies(payment.configId)).at(-1)).toMatchObject({
      detail: { differs: ["amount"] },
    });
  });

  it("an event about another order does not finish a refund", async () => {
    const { refund } = await reserved(await aPayment());
    const other = await aPayment();
    const { tradeNo, orderNo } = other;
    const refundId = `re-${randomUUID()}`;
    const seen = { orderNo, tradeNo, refundNo: refund.providerRefundNo, refundId, amount: refund.amount };
    await applyRefundEvent(gateway, other, { kind: "refunded", ...seen }, { source: "webhook" });
    expect(await stored({ refund })).toMatchObject({ refund: { status: "processing" } });
    expect(await totalRefunded(other)).toBe(100);
  });
});

describe("external refunds", () => {
  it("an external refund event before its payment settles is not acknowledged and makes the payment due", async () => {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    const { orderNo, userId, configId, provider } = payment;
    const amount = { minor: 100, currency: "CNY" };
    const seen = { kind: "refunded", orderNo, tradeNo: "t", refundNo: null, refundId: "re", amount } as const;
    const source = { ...accountOf(payment), userId, configId, provider, source: "webhook" } as const;
    const notified = applyEvents(gateway, payment, [seen], source);
    await expect(notified).rejects.toMatchObject({ failure: "unavailable" });
    const due = (await rows.order(orderNo)).next_poll_at as Date;
    expect(due.getTime()).toBeLessThanOrEqual(world.clock.now().getTime());
  });

  it("an external refund that is reported again is recorded once", async () => {
    const payment = await aPayment();
    const external = { refundId: `re-${randomUUID()}`, amount: { minor: 100, currency: "CNY" } };
    const tell = () => recordExternalRefund(gateway.db, payment, external, "webhook", world.clock.now());
    expect(await tell()).toMatchObject({ kind: "finished" });
    expect(await tell()).toEqual({ kind: "already" });
    expect(await totalRefunded(payment)).toBe(100);
  });

  it("a reported total is recorded beyond the reservations, and further each time a reservation fails", async () => {
    const payment = await aPayment();
    const amount = { minor: 300, currency: "CNY" };
    const reservations = [await reserved(payment, { amount }), await reserved(payment, { amount })];
    const total = { minor: 900, currency: "CNY" };
    const tell = () => recordRefundTotal(gateway.db, payment, total, "webhook", world.clock.now());
    expect(await tell()).toMatchObject({ kind: "finished" });
    expect(await totalRefunded(payment)).toBe(300);
    for (const [index, { refund }] of reservations.entries()) {
      const finished = await finishRefund(gateway.db, refund, payment, fact({ to: "failed", refundId: "" }));
      expect(finished).toMatchObject({ kind: "finished" });
      expect(await totalRefunded(payment)).toBe(600 + index * 300);
    }
    expect(await tell()).toEqual({ kind: "already" });
  });

  it("an external refund contained in two simultaneous totals is recorded once", async () => {
    const payment = await aPayment();
    const others = [anotherGateway(), anotherGateway()];
    const holding = Promise.withResolvers<void>();
    const releaseLease = Promise.withResolvers<void>();
    const holder = gateway.db.transaction().execute(async (trx) => {
      const rows = ofMerchant(trx, payment.userId).selectFrom("payment_orders").select("id");
      await rows.where("id", "=", payment.id).forUpdate().execute();
      holding.resolve();
      await releaseLease.promise;
    });
    await holding.promise;
    const now = world.clock.now();
    const totals = [300, 500].map((minor, at) =>
      recordRefundTotal(others[at]!.db, payment, { minor, currency: "CNY" }, "webhook", now),
    );
    // Both have begun and wait for the row lock.
    await until(async () => {
      const statements = await rows.query<{ Info: string | null }>("SHOW FULL PROCESSLIST");
      return statements.filter(({ Info }) => Info?.includes("payment_orders")).length === 2;
    });
    releaseLease.resolve();
    await holder;
    await Promise.all(totals);
    expect(await totalRefunded(payment)).toBe(500);
    await Promise.all(others.map((other) => other.close()));
  });

  it("a smaller total that arrives late does not replace a greater one", async () => {
    const { refund, payment } = await reserved(await aPayment(), { amount: { minor: 500, currency: "CNY" } });
    const tell = (minor: number) =>
      recordRefundTotal(gateway.db, payment, { minor, currency: "CNY" }, "webhook", world.clock.now());
    for (const minor of [300, 200]) expect(await tell(minor)).toEqual({ kind: "already" });
    // The gateway's refund fails, so the 300 were refunded in the dashboard.
    await finishRefund(gateway.db, refund, payment, fact({ to: "failed", refundId: "" }));
    expect(await totalRefunded(payment)).toBe(300);
  });
});
