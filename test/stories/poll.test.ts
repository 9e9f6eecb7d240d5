import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { closeOrFail } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { saidOf } from "../steps/leased-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const create = async (input: Record<string, unknown>) => (await api.create(anOrder(input))).data;
const time = (value: unknown) => (value as Date).getTime();

/** Ages in seconds at which the payment was polled, rounded down to 3 s: a wake-up comes up to 1 s late. */
async function polledAt(orderNo: string): Promise<number[]> {
  const createdAt = time((await rows.order(orderNo)).created_at);
  const items = await api.timeline(orderNo);
  return items
    .filter(({ kind }) => kind === "look_up")
    .map(({ at }) => 3 * Math.floor((Date.parse(at) - createdAt) / 3000));
}

/** Advances the clock to this age of the payment, plus the second that a wake-up may be late. */
async function atAge(orderNo: string, seconds: number) {
  const createdAt = time((await rows.order(orderNo)).created_at);
  await world.passes((createdAt + seconds * 1000 - world.clock.now().getTime()) / 1000 + 1.1);
  await world.queues.drain();
}

describe("an unpaid payment", () => {
  it("an unpaid payment is polled at 15, 30, 60, 120, 300 s, every 5 min to 30 min, then every 15 min", async () => {
    const orderNo = String((await create({})).order_no);
    const ages = [15, 30, 60, 120, 300, 600, 900, 1200, 1500, 1800, 2700, 3600, 4500, 5400, 6300];
    for (const [index, age] of ages.entries()) {
      await atAge(orderNo, age - 3);
      expect(await polledAt(orderNo)).toEqual(ages.slice(0, index));
      await atAge(orderNo, age);
      expect(await polledAt(orderNo)).toEqual(ages.slice(0, index + 1));
      expect(await rows.order(orderNo)).toMatchObject({ status: "pending" });
    }
    await atAge(orderNo, 7200);
    expect(await polledAt(orderNo)).toEqual([...ages, 7200]);
    expect(await rows.order(orderNo)).toMatchObject({ status: "closed" });
    expect((await rows.notifications(orderNo)).map(({ event }) => event)).toEqual(["payment.closed"]);
  });

  it("repeated wake-ups of a payment neither change its poll times nor multiply", async () => {
    const orderNo = String((await create({ provider: "stripe" })).order_no);
    for (const age of [1, 15, 30]) {
      await atAge(orderNo, age);
      const { poll } = await world.queues.delayed();
      for (let repeats = 0; repeats < 5; repeats++) {
        await openGateway().wakeUps.pollPayment({ orderNo, userId: shop.userId }, world.clock.now());
      }
      await world.queues.drain();
      expect((await world.queues.delayed()).poll).toBe(poll);
    }
    expect(await polledAt(orderNo)).toEqual([15, 30]);
  });

  it("the sweep finds a payment whose wake-up was lost", async () => {
    const orderNo = String((await create({ provider: "stripe" })).order_no);
    await world.passes(16);
    await world.queues.lose();
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await polledAt(orderNo)).toHaveLength(1);
  });

  it("a payment is polled at most once in three seconds, however often the merchant queries it", async () => {
    const orderNo = String((await create({ provider: "stripe" })).order_no);
    const polls = async () => (await polledAt(orderNo)).length;
    for (let times = 0; times < 3; times++) await api.query(orderNo);
    expect(await polls()).toBe(1);
    await world.passes(3);
    for (let times = 0; times < 3; times++) await api.query(orderNo);
    expect(await polls()).toBe(2);
  });
});

describe("lost webhooks", () => {
  it("thirty payments whose webhooks are all lost succeed by polls alone, each notified once", async () => {
    const simulators = { alipay: simulatorOf(world, "alipay"), stripe: simulatorOf(world, "stripe") };
    for (const simulator of Object.values(simulators)) await simulator.faults({ lose: true });
    const orders: string[] = [];
    for (let index = 0; index < 15; index++) {
      for (const provider of ["alipay", "stripe"] as const) {
        const created = await create({ provider });
        await simulators[provider].pay(created);
        orders.push(String(created.order_no));
      }
    }
    for (const simulator of Object.values(simulators)) await simulator.faults({});
    await world.passes(16);
    await world.queues.drain();
    const settled = await rows.query(
      "SELECT o.order_no FROM payment_orders o JOIN deliveries n ON n.order_id = o.id WHERE o.order_no IN (?) AND o.status = 'success' AND n.status = 'success'",
      [orders],
    );
    expect(settled.map(({ order_no }) => order_no).sort()).toEqual(orders.sort());
    const notified = (await api.inbox()).map(({ body }) => JSON.parse(body).order_no);
    expect(notified.filter((orderNo) => orders.includes(orderNo)).sort()).toEqual(orders);
  });
});

/** After a payment is paid, the only polls left are those for changes made in the provider's dashboard. */
async function expectQuietOnly(orderNo: string): Promise<void> {
  const { next_poll_at, quiet_from } = await rows.order(orderNo);
  expect(next_poll_at).toEqual(secondsAfter(quiet_from as Date, 86_400));
}

describe("a Stripe payment in transit", () => {
  it("a Stripe payment in transit is polled hourly, never expires, and settles when the money arrives", async () => {
    const stripe = simulatorOf(world, "stripe");
    const created = await create({ provider: "stripe" });
    const orderNo = String(created.order_no);
    await stripe.start(orderNo);
    await stripe.accepted(orderNo);
    expect(await rows.order(orderNo)).toMatchObject({
      status: "processing",
      state: "in_transit",
      version: 3,
    });

    await stripe.faults({ lose: true });
    for (let hours = 0; hours < 4; hours++) {
      await world.passes(3600);
      await invoke("sweep", {});
      await world.queues.drain();
      const order = await rows.order(orderNo);
      expect(order).toMatchObject({ status: "processing" });
      expect(time(order.next_poll_at) - time(order.polled_at)).toBe(3_600_000);
    }
    await stripe.payUnopened(orderNo);
    await stripe.faults({});
    await world.passes(3600);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await rows.order(orderNo)).toMatchObject({
      status: "success",
      late_success: 0,
    });
    await expectQuietOnly(orderNo);
  });

  it("a Stripe payment in transit fails when Stripe reports that it failed", async () => {
    const stripe = simulatorOf(world, "stripe");
    const orderNo = String((await create({ provider: "stripe" })).order_no);
    await stripe.start(orderNo);
    await stripe.accepted(orderNo);
    await stripe.fail(orderNo);
    await until(async () => (await rows.order(orderNo)).status === "failed");
    expect((await rows.notifications(orderNo)).map(({ event }) => event)).toEqual(["payment.failed"]);
  });
});

describe("a closed payment", () => {
  /** Closes a payment that Alipay took the buyer's money for; Alipay's webhook is lost. */
  async function closedTooEarly(): Promise<string> {
    const alipay = simulatorOf(world, "alipay");
    const created = await create({});
    const gateway = openGateway();
    await alipay.faults({ lose: true });
    await alipay.pay(created);
    await alipay.faults({});
    const seen = await findOrder(gateway.db, shop.userId, { orderNo: String(created.order_no) });
    expect(
      await closeOrFail(gateway.db, seen!.payment, "closed", {
        said: saidOf(seen!.payment, "a mistake"),
        now: world.clock.now(),
      }),
    ).not.toBeNull();
    return String(created.order_no);
  }

  it("a closed payment is polled a day later: a late success makes it paid and the merchant is notified", async () => {
    const orderNo = await closedTooEarly();
    await world.passes(86_300);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await rows.order(orderNo)).toMatchObject({ status: "closed" });
    await world.passes(101);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await rows.order(orderNo)).toMatchObject({
      status: "success",
      late_success: 1,
    });
    await expectQuietOnly(orderNo);
    expect((await rows.notifications(orderNo)).map(({ event }) => event)).toEqual([
      "payment.closed",
      "payment.success",
    ]);
  });

  it("a closed payment that stays unpaid is polled once a day later and never again", async () => {
    const orderNo = String((await create({ expires_in: 60 })).order_no);
    await world.passes(61);
    await world.queues.drain();
    expect(await rows.order(orderNo)).toMatchObject({ status: "closed" });
    const requested = (await polledAt(orderNo)).length;
    for (let days = 0; days < 3; days++) {
      await world.passes(86_400);
      await invoke("sweep", {});
      await world.queues.drain();
    }
    expect(await polledAt(orderNo)).toHaveLength(requested + 1);
    expect(await rows.order(orderNo)).toMatchObject({ status: "closed", next_poll_at: null });
  });
});
