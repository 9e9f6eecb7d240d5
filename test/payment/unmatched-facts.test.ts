import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../../lib/open-gateway.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import { type Fact, forgetFacts, matchFacts, type UnmatchedFact } from "../../lib/payment/unmatched-facts.ts";
import { mostKept } from "../../lib/storage/unmatched-facts.ts";
import { anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, paidFact, settle } from "../steps/leased-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook, stripeEvents } from "../steps/signed-webhooks.ts";
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

/** A payment of 12.34 CNY that is not paid yet, and the fact that will settle it. */
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
  return gateway.facts.keep({ userId, configId, provider, account, livemode, fact, at, ...change });
};

const refundedOf = async ({ orderNo }: Payment) => Number((await rows.order(orderNo)).refunded_minor);
const raisedFor = async ({ configId, orderNo }: Payment) =>
  (await rows.anomalies(configId)).filter((anomaly) => anomaly.order_no === orderNo);
const keptFor = (tradeNo: string) =>
  rows.query("SELECT * FROM unmatched_facts WHERE trade_no = ?", [tradeNo]);
const toldOf = async ({ orderNo }: Payment) => (await rows.notifications(orderNo)).map(({ event }) => event);

describe("a fact that was told before its payment was settled", () => {
  it("is booked in the commit that settles the payment, and the merchant is told of both in turn", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500));
    expect(await settle(gateway, order.payment, order.paid)).toMatchObject({ kind: "settled" });
    expect(await refundedOf(order.payment)).toBe(500);
    expect(await toldOf(order.payment)).toEqual(["payment.success", "refund.success"]);
    expect(await keptFor(order.paid.tradeNo)).toEqual([]);
  });

  it("that is a refund which failed is recorded, and moves no sum", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500, { kind: "refundFailed" }));
    await settle(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(0);
    expect(await rows.query("SELECT status FROM refunds WHERE order_id = ?", [order.payment.id])).toEqual([
      { status: "failed" },
    ]);
  });

  it("that contradicts another of the same refund makes the provider be asked at once", async () => {
    const order = await unpaid();
    const refund = refundOf(order.paid.tradeNo, 500);
    await keep(order, refund);
    await keep(order, { ...refund, kind: "refundFailed" });
    await settle(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(0);
    const { next_query_at } = await rows.order(order.payment.orderNo);
    expect(next_query_at).toEqual(expect.any(Date));
    expect((next_query_at as Date).getTime()).toBeLessThanOrEqual(world.clock.now().getTime());
  });

  it("and does not fit into what was paid is an anomaly, and the payment is settled all the same", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 1_000));
    await keep(order, refundOf(order.paid.tradeNo, 1_000));
    expect(await settle(gateway, order.payment, order.paid)).toMatchObject({ kind: "settled" });
    expect(await refundedOf(order.payment)).toBe(1_000);
    expect(await raisedFor(order.payment)).toMatchObject([
      { kind: "over_refund", detail: { amount_minor: 1_000 } },
    ]);
  });

  it("in another currency is an anomaly, and the payment is settled all the same", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500, { amount: { minor: 500, currency: "USD" } }));
    expect(await settle(gateway, order.payment, order.paid)).toMatchObject({ kind: "settled" });
    expect(await refundedOf(order.payment)).toBe(0);
    expect(await raisedFor(order.payment)).toMatchObject([
      { kind: "mismatch", detail: { differs: ["currency"] } },
    ]);
  });

  it("and is a dispute calls a person", async () => {
    const order = await unpaid();
    await keep(order, { kind: "disputed", tradeNo: order.paid.tradeNo, why: "fraudulent, needs_response" });
    await settle(gateway, order.payment, order.paid);
    expect(await raisedFor(order.payment)).toMatchObject([{ kind: "dispute" }]);
  });

  it("and only says that something happened makes the provider be asked at once", async () => {
    const order = await unpaid();
    await keep(order, {
      kind: "hint",
      orderNo: null,
      tradeNo: order.paid.tradeNo,
      why: "PAYMENT.CAPTURE.REFUNDED",
    });
    await settle(gateway, order.payment, order.paid);
    const { next_query_at } = await rows.order(order.payment.orderNo);
    expect((next_query_at as Date).getTime()).toBeLessThanOrEqual(world.clock.now().getTime());
  });

  const strangers: [string, (order: Unpaid) => Partial<UnmatchedFact>][] = [
    ["another merchant", () => ({ userId: other.userId, configId: other.configs.stripe! })],
    ["another account", () => ({ account: "another" })],
    ["the other mode", ({ payment }) => ({ livemode: !payment.livemode })],
    ["another provider", () => ({ provider: "stripe" })],
  ];
  it.each(strangers)("by %s is not this payment's", async (_name, change) => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500), change(order));
    await settle(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(0);
    expect(await keptFor(order.paid.tradeNo)).toHaveLength(1);
  });

  it.each(strangers)("by %s is not booked beside this payment's own", async (_name, change) => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500), change(order));
    await keep(order, refundOf(order.paid.tradeNo, 300));
    await settle(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(300);
    expect(await keptFor(order.paid.tradeNo)).toHaveLength(1);
  });

  it("twice is kept once and booked once", async () => {
    const order = await unpaid();
    const refund = refundOf(order.paid.tradeNo, 500);
    for (let times = 0; times < 3; times++) await keep(order, refund);
    expect(await keptFor(order.paid.tradeNo)).toHaveLength(1);
    await settle(gateway, order.payment, order.paid);
    expect(await refundedOf(order.payment)).toBe(500);
  });

  it("but came while the settle was under way is booked by the sweeper, once", async () => {
    const order = await unpaid();
    await settle(gateway, order.payment, order.paid);
    const refund = refundOf(order.paid.tradeNo, 500);
    await keep(order, refund);
    expect(await matchFacts(gateway)).toBe(1);
    await keep(order, refund);
    await invoke("sweep", {});
    expect(await refundedOf(order.payment)).toBe(500);
    expect(await keptFor(order.paid.tradeNo)).toEqual([]);
  });
});

describe("facts that find no payment", () => {
  it("are forgotten after 30 days", async () => {
    const order = await unpaid();
    await keep(order, refundOf(order.paid.tradeNo, 500));
    await world.passes(30 * 86_400 - 60);
    await forgetFacts(gateway);
    expect(await keptFor(order.paid.tradeNo)).toHaveLength(1);
    await world.passes(61);
    await forgetFacts(gateway);
    expect(await keptFor(order.paid.tradeNo)).toEqual([]);
  });

  it("are kept up to a number for each config, the newest of them", async () => {
    const order = await unpaid();
    const configId = "999999";
    const one = "(?, ?, 'alipay', 'a', 0, ?, '{}', SHA2(UUID(), 256), ?)";
    const values = Array.from({ length: mostKept }, (_, at) => [
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
    expect(Number(count)).toBe(mostKept);
    expect(await keptFor("t0")).toEqual([]);
    expect(await keptFor(order.paid.tradeNo)).toHaveLength(1);
  });
});

describe("a refund in Stripe's dashboard seconds after the payment", () => {
  // Stripe does not guarantee that events come in the order in which they were made, and a refund's event names its
  // payment intent and nothing of ours: https://docs.stripe.com/webhooks#event-ordering
  it("whose event comes before the payment's own is booked with the payment", async () => {
    const stripe = simulatorOf(world, "stripe");
    const { signed, path } = stripeEvents(world, shop);
    const { data } = await apiOf(world, shop).create(anOrder({ provider: "stripe", amount: "100.00" }));
    const orderNo = String(data.order_no);
    await stripe.faults({ lose: true });
    await stripe.pay(data);
    const trade_no = (await stripe.payments(orderNo))[0]!.trade_no;
    const refund = { id: `re_${randomUUID()}`, object: "refund", amount: 3_000, status: "succeeded" };
    const object = { ...refund, currency: "cny", payment_intent: trade_no, metadata: {} };
    const told = (type: string, inside: Data) => {
      const created = Math.floor(world.clock.now().getTime() / 1000);
      const event = { id: `evt_${randomUUID()}`, object: "event", type, livemode: false, created };
      return postWebhook(world, path, signed(JSON.stringify({ ...event, data: { object: inside } })));
    };
    expect(await told("refund.updated", object)).toMatchObject({ status: 200 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "pending" });
    await stripe.faults({});
    const { event } = stripeEvents(world, shop);
    const paid = JSON.parse(
      event(orderNo, { session: { amount_total: 10_000, payment_intent: trade_no } }).body,
    );
    expect(await told("checkout.session.completed", paid.data.object)).toMatchObject({ status: 200 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", refunded_minor: "3000" });
  });
});
