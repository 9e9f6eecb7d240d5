import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Payment } from "../../lib/domain/payment.ts";
import type { Fact, UnmatchedFact } from "../../lib/domain/unmatched-fact.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { purge } from "../../lib/maintenance/retention.ts";
import { matchFacts } from "../../lib/payments/unmatched-facts.ts";
import { keepFact, mostCached } from "../../lib/storage/payments/unmatched-facts.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, paidFact, settleByPoll } from "../steps/leased-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  other = await world.openShop("stripe");
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

/** An unpaid payment of 12.34 CNY and the event that will settle it. */
async function unpaid() {
  const { payment } = await leasedOrder(gateway, shop, "pending");
  return { payment, paid: paidFact(payment) };
}
type Unpaid = Awaited<ReturnType<typeof unpaid>>;

const refundOf = (
  tradeNo: string,
  minor: number,
  change: Partial<Extract<Fact, { refundId: string }>> = {},
) => {
  const amount = { minor, currency: "CNY" };
  const refundId = `re-${randomUUID()}`;
  return { kind: "refunded" as const, orderNo: null, tradeNo, refundNo: null, refundId, amount, ...change };
};

const keep = ({ payment }: Unpaid, fact: Fact, change: Partial<UnmatchedFact> = {}) => {
  const { userId, configId, provider, providerAccount: account, livemode } = payment;
  const at = world.clock.now();
  return keepFact(gateway.db, { userId, configId, provider, account, livemode, fact, at, ...change });
};

const refundedOf = async ({ orderNo }: Payment) => Number((await rows.order(orderNo)).refunded_minor);
const raisedFor = async ({ configId, orderNo }: Payment) =>
  (await rows.anomalies(configId)).filter((anomaly) => anomaly.order_no === orderNo);
const storedFor = (tradeNo: string) =>
  rows.query("SELECT * FROM unmatched_facts WHERE trade_no = ?", [tradeNo]);
const notifiedOf = async ({ orderNo }: Payment) =>
  (await rows.notifications(orderNo)).map(({ event }) => event);

describe("events received before their payment was settled", () => {
  it("a refund event stored before its payment settles is recorded in the settling commit and notified", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500));
    expect(await settleByPoll(gateway, order.payment, order.paid)).toMatchObject({ kind: "settled" });
    expect(await refundedOf(order.payment)).toBe(500);
    expect(await notifiedOf(order.payment)).toEqual(["payment.success", "refund.success"]);
    expect(await storedFor(order.paid.tradeNo)).toEqual([]);
  });

  it("a stored event of a failed refund is recorded and changes no amounts", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500, { kind: "refundFailed" }));
    await settleByPoll(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(0);
    expect(await rows.query("SELECT status FROM refunds WHERE order_id = ?", [order.payment.id])).toEqual([
      { status: "failed" },
    ]);
  });

  it("stored events that contradict each other about a refund make the payment due for a poll at once", async () => {
    const order = await unpaid();
    const refund = refundOf(order.paid.tradeNo, 500);
    await keep(order, refund);
    await keep(order, { ...refund, kind: "refundFailed" });
    await settleByPoll(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(0);
    const { next_poll_at } = await rows.order(order.payment.orderNo);
    expect(next_poll_at).toEqual(expect.any(Date));
    expect((next_poll_at as Date).getTime()).toBeLessThanOrEqual(world.clock.now().getTime());
  });

  it("a stored refund event beyond the paid amount raises an anomaly, and the payment still settles", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 1_000));
    await keep(order, refundOf(order.paid.tradeNo, 1_000));
    expect(await settleByPoll(gateway, order.payment, order.paid)).toMatchObject({ kind: "settled" });
    expect(await refundedOf(order.payment)).toBe(1_000);
    expect(await raisedFor(order.payment)).toMatchObject([
      { kind: "over_refund", detail: { amount_minor: 1_000 } },
    ]);
  });

  it("a stored refund event in another currency raises an anomaly, and the payment still settles", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500, { amount: { minor: 500, currency: "USD" } }));
    expect(await settleByPoll(gateway, order.payment, order.paid)).toMatchObject({ kind: "settled" });
    expect(await refundedOf(order.payment)).toBe(0);
    expect(await raisedFor(order.payment)).toMatchObject([
      { kind: "mismatch", detail: { differs: ["currency"] } },
    ]);
  });

  it("a stored dispute event raises an anomaly when its payment settles", async () => {
    const order = await unpaid();
    await keep(order, { kind: "disputed", tradeNo: order.paid.tradeNo, why: "fraudulent, needs_response" });
    await settleByPoll(gateway, order.payment, order.paid);
    expect(await raisedFor(order.payment)).toMatchObject([{ kind: "dispute" }]);
  });

  it("a stored refetch event makes its payment due for a poll at once when it settles", async () => {
    const order = await unpaid();
    await keep(order, {
      kind: "refetch",
      orderNo: null,
      tradeNo: order.paid.tradeNo,
      why: "PAYMENT.CAPTURE.REFUNDED",
    });
    await settleByPoll(gateway, order.payment, order.paid);
    const { next_poll_at } = await rows.order(order.payment.orderNo);
    expect((next_poll_at as Date).getTime()).toBeLessThanOrEqual(world.clock.now().getTime());
  });

  const mismatches: [string, (order: Unpaid) => Partial<UnmatchedFact>][] = [
    ["another merchant", () => ({ userId: other.userId, configId: other.configs.stripe! })],
    ["another account", () => ({ account: "another" })],
    ["the other mode", ({ payment }) => ({ livemode: !payment.livemode })],
    ["another provider", () => ({ provider: "stripe" })],
  ];
  it.each(mismatches)("a stored event of %s is not applied to this payment", async (_name, change) => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500), change(order));
    await settleByPoll(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(0);
    expect(await storedFor(order.paid.tradeNo)).toHaveLength(1);
  });

  it.each(mismatches)(
    "a stored event of %s is not applied together with one of this payment",
    async (_name, change) => {
      const order = await unpaid();
      await keep(order, refundOf(order.paid.tradeNo, 500), change(order));
      await keep(order, refundOf(order.paid.tradeNo, 300));
      await settleByPoll(gateway, order.payment, order.paid);
      expect(await refundedOf(order.payment)).toBe(300);
      expect(await storedFor(order.paid.tradeNo)).toHaveLength(1);
    },
  );

  it("a repeated refund event is stored once and recorded once", async () => {
    const order = await unpaid();
    const refund = refundOf(order.paid.tradeNo, 500);
    for (let times = 0; times < 3; times++) await keep(order, refund);
    expect(await storedFor(order.paid.tradeNo)).toHaveLength(1);
    await settleByPoll(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(500);
  });

  it("a refund event that arrives during the settlement is recorded once by the sweep", async () => {
    const order = await unpaid();
    await settleByPoll(gateway, order.payment, order.paid);
    const refund = refundOf(order.paid.tradeNo, 500);
    await keep(order, refund);
    expect(await matchFacts(gateway)).toBe(1);
    await keep(order, refund);
    await invoke("sweep", {});
    expect(await refundedOf(order.payment)).toBe(500);
    expect(await storedFor(order.paid.tradeNo)).toEqual([]);
  });
});

describe("events without a payment", () => {
  it("events without a payment are purged after 30 days", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500));
    await world.passes(30 * 86_400 - 60);
    await purge(gateway, "unmatched_facts");
    expect(await storedFor(order.paid.tradeNo)).toHaveLength(1);
    await world.passes(61);
    await purge(gateway, "unmatched_facts");
    expect(await storedFor(order.paid.tradeNo)).toEqual([]);
  });

  it("each config stores a limited number of events without a payment, the newest ones", async () => {
    const order = await unpaid();
    const configId = "999999";
    const one = "(?, ?, 'alipay', 'a', 0, ?, '{}', SHA2(UUID(), 256), ?)";
    const values = Array.from({ length: mostCached }, (_, at) => [
      shop.userId,
      configId,
      `t${at}`,
      world.clock.now(),
    ]);
    await rows.query(
      `INSERT INTO unmatched_facts (user_id, config_id, provider, provider_account, livemode, trade_no, fact, fingerprint, received_at)
       VALUES ${values.map(() => one).join(", ")}`,
      values.flat(),
    );
    await keep(order, refundOf(order.paid.tradeNo, 500), { configId });
    const [{ count }] = (await rows.query(
      "SELECT COUNT(*) AS count FROM unmatched_facts WHERE config_id = ?",
      [configId],
    )) as [{ count: string }];
    expect(Number(count)).toBe(mostCached);
    expect(await storedFor("t0")).toEqual([]);
    expect(await storedFor(order.paid.tradeNo)).toHaveLength(1);
  });
});

describe("Stripe dashboard refunds right after the payment", () => {
  // Stripe does not guarantee the order of events, and a refund event names its payment intent, but no identifier of
  // ours: https://docs.stripe.com/webhooks#event-ordering
  it("a Stripe dashboard refund whose event arrives before the paid event is recorded with the payment", async () => {
    const stripe = simulatorOf(world, "stripe");
    const { signed, path } = stripeEvents(world, shop);
    const { data } = await apiOf(world, shop).create(anOrder({ provider: "stripe", amount: "100.00" }));
    const orderNo = String(data.order_no);
    await stripe.faults({ lose: true });
    await stripe.pay(data);
    const trade_no = (await stripe.payments(orderNo))[0]!.trade_no;
    const refund = { id: `re_${randomUUID()}`, object: "refund", amount: 3_000, status: "succeeded" };
    const object = { ...refund, currency: "cny", payment_intent: trade_no, metadata: {} };
    const notified = (type: string, inside: Data) => {
      const created = Math.floor(world.clock.now().getTime() / 1000);
      const event = { id: `evt_${randomUUID()}`, object: "event", type, livemode: false, created };
      return postWebhook(world, path, signed(JSON.stringify({ ...event, data: { object: inside } })));
    };
    expect(await notified("refund.updated", object)).toMatchObject({ status: 200 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "pending" });
    await stripe.faults({});
    const { event } = stripeEvents(world, shop);
    const paid = JSON.parse(
      event(orderNo, { session: { amount_total: 10_000, payment_intent: trade_no } }).body,
    );
    expect(await notified("checkout.session.completed", paid.data.object)).toMatchObject({ status: 200 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", refunded_minor: "3000" });
  });
});
