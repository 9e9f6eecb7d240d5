import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { Refund, RefundOutcome } from "../../lib/domain/refund.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { settlePaid } from "../../lib/payments/apply-events.ts";
import { pollPayment } from "../../lib/payments/poll-payment.ts";
import { pollRefund } from "../../lib/payments/poll-refund.ts";
import { claimCapture } from "../../lib/storage/payments/captures.ts";
import { markInTransit, requestClose } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { recordCreated, releaseCreateLease } from "../../lib/storage/payments/provider-requests.ts";
import { finishRefund } from "../../lib/storage/refunds/finish-refund.ts";
import { withAdapter } from "../steps/adapters.ts";
import type { Data } from "../steps/api.ts";
import { anotherGateway } from "../steps/gateways.ts";
import {
  accountOf,
  aLink,
  leasedOrder,
  orderRow,
  paidFact,
  saidOf,
  settleByPoll,
  settledPayment,
} from "../steps/leased-order.ts";
import { operator, refusal } from "../steps/operator.ts";
import { reservedRefund } from "../steps/reserved-refund.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let gateway: Gateway;
/** A gateway whose provider never gives a clear answer. */
let silent: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
  const unknown = { kind: "unknown" as const, why: "time-out" };
  const fetchPayment = async ({ orderNo }: Payment) => [{ ...unknown, orderNo }];
  const answer = async (): Promise<RefundOutcome> => unknown;
  silent = withAdapter(gateway, () => ({
    createPayment: async () => unknown,
    fetchPayment,
    close: fetchPayment,
    capture: fetchPayment,
    refund: answer,
    fetchRefund: answer,
  }));
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const day = 86_400;
const read = async (orderNo: string) => (await findOrder(gateway.db, shop.userId, { orderNo }))!.payment;
const anomaliesOf = (orderNo: string) =>
  rows.query("SELECT id, kind, status, times, note FROM anomalies WHERE order_no = ? ORDER BY id", [orderNo]);
const operatorLines = async (orderNo: string) =>
  (await operator<Data[]>("order timeline", { order_no: orderNo })).filter(({ kind }) => kind === "operator");

const paidPayment = () => settledPayment(gateway, shop);

async function openRefund(): Promise<{ payment: Payment; refund: Refund }> {
  const payment = await paidPayment();
  const { refund } = await reservedRefund(gateway, payment, 500);
  return { payment, refund };
}

/** Polls a payment now, whether or not a poll is due. */
async function poll(using: Gateway, orderNo: string): Promise<void> {
  const payment = await read(orderNo);
  await orderRow(gateway, payment).set({ next_poll_at: world.clock.now() }).execute();
  await pollPayment(using, { orderNo, userId: shop.userId, due: world.clock.now() });
}
async function pollOne(using: Gateway, { id }: Refund): Promise<void> {
  const now = world.clock.now();
  await rows.query("UPDATE refunds SET next_poll_at = ? WHERE id = ?", [now, id]);
  await pollRefund(using, { userId: shop.userId, refundId: id, due: now });
}

/** Every state in which a payment can be stuck. */
const openPayments: Record<string, { kind: string; make: () => Promise<Payment> }> = {
  "a create whose process died": {
    kind: "create_stuck",
    make: async () => (await leasedOrder(gateway, shop, "processing")).payment,
  },
  "a create without an answer": {
    kind: "create_stuck",
    make: async () => {
      const leased = await leasedOrder(gateway, shop, "processing");
      const now = world.clock.now();
      await releaseCreateLease(gateway.db, leased, {
        why: "time-out",
        now,
        nextPollAt: secondsAfter(now, 5),
      });
      return leased.payment;
    },
  },
  "an unpaid link of a provider that does not answer": {
    kind: "order_stuck",
    make: async () => {
      const leased = await leasedOrder(gateway, shop, "processing");
      return (await recordCreated(gateway.db, leased, aLink(leased.payment), world.clock.now()))!;
    },
  },
  "a capture without an answer": {
    kind: "capture_stuck",
    make: async () => {
      const payment = await openPayments["an unpaid link of a provider that does not answer"]!.make();
      const now = world.clock.now();
      const until = secondsAfter(now, 20);
      const capture = {
        ...accountOf(payment),
        key: "11111111-1111-1111-1111-111111111111",
        until,
        nextPollAt: until,
      };
      return (await claimCapture(gateway.db, payment, { ...capture, now }))!;
    },
  },
  "a payment in transit": {
    kind: "order_stuck",
    make: async () => {
      const payment = await openPayments["an unpaid link of a provider that does not answer"]!.make();
      await markInTransit(gateway.db, payment, saidOf(payment), world.clock.now());
      return read(payment.orderNo);
    },
  },
  "a payment with a requested close": {
    kind: "order_stuck",
    make: async () => {
      const payment = await openPayments["an unpaid link of a provider that does not answer"]!.make();
      await requestClose(gateway.db, payment, world.clock.now());
      return payment;
    },
  },
};
const states = Object.keys(openPayments);
/** More than a day after the last moment at which any of them should have ended. */
const lateSeconds = 22 * day;

describe("stuck payments", () => {
  it.each(states)(
    "a stuck payment raises one anomaly, which is resolved when the payment ends: %s",
    async (state) => {
      const { kind, make } = openPayments[state]!;
      const { orderNo } = await make();
      await world.passes(3600);
      await poll(silent, orderNo);
      expect(await anomaliesOf(orderNo)).toEqual([]);
      await world.passes(lateSeconds);
      for (let hours = 0; hours < 3; hours++) {
        await poll(silent, orderNo);
        await world.passes(3600);
      }
      const stuck = await anomaliesOf(orderNo);
      // A create that can no longer be repeated has ended by itself: nobody received a link.
      if ((await read(orderNo)).status === "closed") return expect(stuck).toEqual([]);
      expect(stuck).toMatchObject([{ kind, status: "open", times: 1 }]);
      await settleByPoll(gateway, await read(orderNo));
      expect(await anomaliesOf(orderNo)).toMatchObject([
        { kind, status: "resolved", note: "the payment has ended: success" },
      ]);
    },
  );

  it.each(states)(
    "a stuck payment is polled for eight days after it should have ended, then no more: %s",
    async (state) => {
      const { orderNo } = await openPayments[state]!.make();
      await world.passes(lateSeconds + 8 * day);
      await poll(silent, orderNo);
      const { status, next_poll_at } = await rows.order(orderNo);
      // A create that can no longer be repeated has ended by itself, and is polled once more a day later.
      if (status !== "closed") expect(next_poll_at).toBeNull();
      else expect(openPayments[state]!.kind).toBe("create_stuck");
    },
  );

  it.each(states)(
    "a webhook, a poll or a command ends a stuck payment, even after polling has stopped: %s",
    async (state) => {
      const ways: Record<string, (payment: Payment) => Promise<unknown>> = {
        webhook: (payment) => settleByPoll(gateway, payment),
        poll: async (payment) => {
          const fetchPayment = async () => [paidFact(payment)];
          await poll(
            withAdapter(gateway, () => ({ fetchPayment })),
            payment.orderNo,
          );
        },
        closed: ({ orderNo }) => operator("order resolve", { order_no: orderNo, as: "closed", note: "seen" }),
        failed: ({ orderNo }) => operator("order resolve", { order_no: orderNo, as: "failed", note: "seen" }),
      };
      for (const [way, leave] of Object.entries(ways)) {
        const { orderNo } = await openPayments[state]!.make();
        await world.passes(lateSeconds + 8 * day);
        await poll(silent, orderNo);
        const { kind } = openPayments[state]!;
        if (kind !== "create_stuck") await leave(await read(orderNo));
        const { status } = await read(orderNo);
        expect({ way, status }).toEqual({ way, status: expect.stringMatching(/^(success|closed|failed)$/) });
      }
    },
  );
});

describe("order resolve", () => {
  it("order resolve ends an order, notifies the merchant, logs the note and resolves the anomaly", async () => {
    const { orderNo } = await openPayments["a capture without an answer"]!.make();
    await world.passes(lateSeconds);
    await poll(silent, orderNo);
    const note = "PayPal's console shows no capture, ticket 4";
    expect(await operator("order resolve", { order_no: orderNo, as: "failed", note })).toMatchObject({
      order_no: orderNo,
      status: "failed",
    });
    expect((await rows.notifications(orderNo)).map(({ event }) => event)).toEqual(["payment.failed"]);
    expect(await operatorLines(orderNo)).toMatchObject([{ data: { to: "failed", note } }]);
    expect(await anomaliesOf(orderNo)).toMatchObject([{ status: "resolved" }]);
    // The provider confirms the payment later: it still succeeds.
    expect(await settleByPoll(gateway, await read(orderNo))).toMatchObject({
      payment: { lateSuccess: true },
    });
  });

  it("order resolve refuses paid or ended orders, the status success, and an empty note", async () => {
    const { orderNo } = await paidPayment();
    const resolve = (args: Data) => refusal("order resolve", { order_no: orderNo, note: "x", ...args });
    expect(await resolve({ as: "closed" })).toMatchObject({ code: 2008 });
    expect(await resolve({ as: "success" })).toMatchObject({ code: 1001 });
    expect(await resolve({ as: "closed", note: " " })).toMatchObject({ code: 1001 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
    const open = await openPayments["a create without an answer"]!.make();
    await operator("order resolve", { order_no: open.orderNo, as: "closed", note: "x" });
    expect(await refusal("order resolve", { order_no: open.orderNo, as: "failed", note: "x" })).toMatchObject(
      {
        code: 2008,
      },
    );
  });

  it("order resolve is refused while a process is creating or capturing the payment", async () => {
    for (const state of ["a create whose process died", "a capture without an answer"]) {
      const { orderNo } = await openPayments[state]!.make();
      const args = { order_no: orderNo, as: "closed", note: "x" };
      expect(await refusal("order resolve", args)).toMatchObject({ code: 1005 });
      await world.passes(21);
      expect(await operator("order resolve", args)).toMatchObject({ status: "closed" });
    }
  });
});

describe("stuck refunds", () => {
  const openRefunds: Record<string, (refund: Refund) => Promise<unknown>> = {
    "its process died": async () => {},
    "its outcome is unknown": (refund) => pollOne(silent, refund),
    "it is pending at the provider": (refund) => {
      const fetchRefund = async (): Promise<RefundOutcome> => ({ kind: "pending", refundId: "re" });
      return pollOne(
        withAdapter(gateway, () => ({ fetchRefund })),
        refund,
      );
    },
  };
  const names = Object.keys(openRefunds);

  it.each(names)(
    "a refund stuck for a day raises one anomaly, which is resolved when the refund ends: %s",
    async (name) => {
      const { payment, refund } = await openRefund();
      await world.passes(21);
      await openRefunds[name]!(refund);
      await world.passes(day - 60);
      await pollOne(silent, refund);
      expect(await anomaliesOf(payment.orderNo)).toEqual([]);
      await world.passes(120);
      for (let hours = 0; hours < 3; hours++) {
        await pollOne(silent, refund);
        await world.passes(3600);
      }
      expect(await anomaliesOf(payment.orderNo)).toMatchObject([
        { kind: "refund_stuck", status: "open", times: 1 },
      ]);
      const [stuck] = await anomaliesOf(payment.orderNo);
      await operator("anomaly resolve", { id: stuck!.id, note: "asked Stripe" });
      await pollOne(silent, refund);
      expect(await anomaliesOf(payment.orderNo)).toMatchObject([{ status: "open", times: 2 }]);
      const fetchRefund = async (): Promise<RefundOutcome> => ({ kind: "refunded", refundId: "re" });
      await world.passes(30);
      await pollOne(
        withAdapter(gateway, () => ({ fetchRefund })),
        refund,
      );
      expect(await anomaliesOf(payment.orderNo)).toMatchObject([
        { status: "resolved", note: "the refund has ended: success" },
      ]);
    },
  );

  it.each(names)(
    "a stuck refund is polled for eight days; later a webhook or a command still ends it: %s",
    async (name) => {
      for (const way of ["webhook", "success", "failed"]) {
        const { payment, refund } = await openRefund();
        await world.passes(21);
        await openRefunds[name]!(refund);
        await world.passes(8 * day);
        await pollOne(silent, refund);
        const [row] = await rows.query("SELECT next_poll_at FROM refunds WHERE id = ?", [refund.id]);
        expect(row).toEqual({ next_poll_at: null });
        await world.passes(21);
        const now = world.clock.now();
        const fact = { refundId: "re", error: null, source: "webhook", now, notify: true, overrules: false };
        if (way === "webhook") await finishRefund(gateway.db, refund, payment, { ...fact, to: "success" });
        else await operator("refund resolve", { id: refund.id, as: way, note: "seen in the console" });
        const { refunded_minor, refund_reserved_minor } = await rows.order(payment.orderNo);
        expect({ refunded_minor, refund_reserved_minor }).toEqual({
          refunded_minor: way === "failed" ? "0" : "500",
          refund_reserved_minor: "0",
        });
      }
    },
  );
});

describe("refund resolve", () => {
  it("refund resolve ends a refund, notifies the merchant, logs the note; a later poll overrules it", async () => {
    const { payment, refund } = await openRefund();
    await world.passes(21);
    const args = {
      merchant: shop.username,
      refund_no: refund.refundNo,
      as: "failed",
      note: "not in the console",
    };
    expect(await operator("refund resolve", args)).toMatchObject({ id: refund.id, status: "failed" });
    expect(await operatorLines(payment.orderNo)).toMatchObject([
      { data: { refund_no: refund.refundNo, to: "failed", note: "not in the console" } },
    ]);
    expect((await rows.notifications(payment.orderNo)).map(({ event }) => event)).toEqual([
      "payment.success",
      "refund.failed",
    ]);
    const now = world.clock.now();
    const fact = { refundId: "re", error: null, source: "poll", now, notify: true, overrules: true };
    await finishRefund(gateway.db, refund, payment, { ...fact, to: "success" });
    expect(await rows.order(payment.orderNo)).toMatchObject({ refunded_minor: "500" });
  });

  it("refund resolve refuses a refund that is running or has ended, and anything but exactly one id", async () => {
    const { refund } = await openRefund();
    const args = { id: refund.id, as: "success", note: "x", provider_id: "re_1" };
    expect(await refusal("refund resolve", args)).toMatchObject({ code: 1005 });
    await world.passes(21);
    expect(await operator("refund resolve", args)).toMatchObject({ status: "success" });
    expect(await refusal("refund resolve", args)).toMatchObject({ code: 1005 });
    const { id: _, ...unnamed } = args;
    for (const wrong of [
      unnamed,
      { ...args, refund_no: "x" },
      { ...unnamed, refund_no: "x" },
      { ...args, note: "" },
    ])
      expect(await refusal("refund resolve", wrong)).toMatchObject({ code: 1001 });
    expect(await refusal("refund resolve", { ...args, id: "999999999" })).toMatchObject({ code: 1004 });
  });

  it("refund list shows refunds that have not ended, and filters by merchant and status", async () => {
    const { refund, payment } = await openRefund();
    const lines = await operator<Data[]>("refund list", { merchant: shop.username, limit: "200" });
    expect(lines).toContainEqual(
      expect.objectContaining({
        id: refund.id,
        order_no: payment.orderNo,
        status: "processing",
        age: "0 min",
      }),
    );
    const ended = await operator<Data[]>("refund list", { merchant: shop.username, status: "failed" });
    expect(ended.map(({ id }) => id)).not.toContain(refund.id);
  });
});

describe("anomaly resolve --settle", () => {
  async function mismatched(change: Partial<ReturnType<typeof paidFact>>) {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    const paid = { ...paidFact(payment), ...change };
    const { userId, configId, provider } = payment;
    const source = { userId, configId, provider, ...accountOf(payment), source: "webhook" as const };
    await settlePaid(gateway, paid, source);
    const [anomaly] = await anomaliesOf(payment.orderNo);
    return { payment, paid, id: anomaly!.id };
  }

  it("anomaly resolve --settle settles the order with the recorded payment and logs the note", async () => {
    const { payment, paid, id } = await mismatched({ account: "the appid before" });
    const note = "the appid was changed at WeChat Pay";
    await operator("anomaly resolve", { id, settle: "yes", note });
    expect(await rows.order(payment.orderNo)).toMatchObject({ status: "success", trade_no: paid.tradeNo });
    expect(await operatorLines(payment.orderNo)).toMatchObject([
      { data: { said_account: "the appid before", trade_no: paid.tradeNo, note } },
    ]);
    expect(await anomaliesOf(payment.orderNo)).toMatchObject([{ status: "resolved", note }]);
  });

  it.each([
    ["another amount", { amount: { minor: 1, currency: "CNY" } }],
    ["another currency", { amount: { minor: 1234, currency: "USD" } }],
    ["another amount and account", { account: "x", amount: { minor: 1, currency: "CNY" } }],
  ])("anomaly resolve --settle never settles with %s", async (_name, change) => {
    const { payment, id } = await mismatched(change);
    expect(await refusal("anomaly resolve", { id, settle: "yes", note: "x" })).toMatchObject({ code: 1005 });
    expect(await rows.order(payment.orderNo)).toMatchObject({ status: "pending" });
    expect(await anomaliesOf(payment.orderNo)).toMatchObject([{ status: "open" }]);
  });

  it("anomaly resolve --settle is refused for an order that is already paid", async () => {
    const { payment, id } = await mismatched({ account: "x" });
    await settleByPoll(gateway, payment);
    expect(await refusal("anomaly resolve", { id, settle: "yes", note: "x" })).toMatchObject({ code: 1005 });
  });
});

describe("triage", () => {
  it("triage lists stuck refunds and orders, anomalies and unreceived notifications, each with its age", async () => {
    const { payment, refund } = await openRefund();
    const order = await openPayments["an unpaid link of a provider that does not answer"]!.make();
    await world.passes(2 * day);
    await pollOne(silent, refund);
    await rows.query("UPDATE deliveries SET status = 'exhausted' WHERE order_id = ?", [payment.id]);
    const shown = await operator("triage", { merchant: shop.username });
    expect(shown.stuck_refunds).toContainEqual(
      expect.objectContaining({
        id: refund.id,
        order_no: payment.orderNo,
        age: expect.stringMatching(/^2 d /),
      }),
    );
    expect(shown.stuck_orders).toContainEqual(expect.objectContaining({ order_no: order.orderNo }));
    expect(shown.anomalies).toContainEqual(
      expect.objectContaining({ kind: "refund_stuck", config_id: payment.configId, age: expect.any(String) }),
    );
    expect(shown.notifications).toContainEqual(
      expect.objectContaining({ user_id: shop.userId, status: "exhausted", count: expect.any(Number) }),
    );
  });
});
