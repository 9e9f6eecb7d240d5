import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { saidOf } from "../steps/leased-order.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { type SimulatorControl, simulatorOf, until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let paypal: SimulatorControl;
let stripe: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("paypal", "stripe");
  api = apiOf(world, shop);
  paypal = simulatorOf(world, "paypal");
  stripe = simulatorOf(world, "stripe");
});
afterEach(async () => {
  await paypal.faults({});
  await stripe.faults({});
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

/** Lets a minute pass `times` times, with a sweep and all that is due in each. */
async function minutes(times: number): Promise<void> {
  for (let minute = 0; minute < times; minute++) {
    await world.passes(60);
    await invoke("sweep", {});
    await world.queues.drain();
  }
}

describe("a provider that is silent when we ask", () => {
  it("about a refund of a paid payment that its webhook hinted at is asked again until it answers", async () => {
    const orderNo = await paidOrder(world, api, "paypal");
    await paypal.faults({ status: 503 });
    await paypal.refund(orderNo, "25.00");
    const isDue = async () => (await rows.order(orderNo)).next_query_at! <= world.clock.now();
    await until(isDue);
    await world.queues.drain();
    await paypal.faults({});
    await minutes(16);
    const order = await rows.order(orderNo);
    expect(order).toMatchObject({
      refunded_minor: "2500",
      next_query_at: secondsAfter(order.quiet_from as Date, 86_400),
    });
  });

  it("about a refund that was made months after the payment is asked again until it answers", async () => {
    const orderNo = await paidOrder(world, api, "paypal");
    await world.passes(60 * 86_400);
    await minutes(2);
    expect(await rows.order(orderNo)).toMatchObject({ refunded_minor: "0", next_query_at: null });
    await paypal.faults({ status: 503 });
    await paypal.refund(orderNo, "25.00");
    await until(async () => (await rows.order(orderNo)).next_query_at !== null);
    await minutes(1);
    await paypal.faults({});
    await minutes(16);
    expect(await rows.order(orderNo)).toMatchObject({ refunded_minor: "2500", next_query_at: null });
  });

  it("for a week about what was announced of an old payment is given up, and a person is told", async () => {
    const orderNo = await paidOrder(world, api, "paypal");
    await world.passes(60 * 86_400);
    await minutes(2);
    await paypal.faults({ status: 503 });
    await paypal.refund(orderNo, "25.00");
    await until(async () => (await rows.order(orderNo)).next_query_at !== null);
    await minutes(1);
    const unreachable = async () =>
      (await rows.anomalies(shop.configs.paypal!)).filter(({ kind }) => kind === "config_unreachable");
    expect(await unreachable()).toEqual([]);
    await world.passes(8 * 86_400);
    await minutes(1);
    expect(await rows.order(orderNo)).toMatchObject({ next_query_at: null, unanswered_since: null });
    expect(await unreachable()).toMatchObject([{ order_no: null }]);
  });

  it("at the last look at a closed payment is asked again: the late success is not lost", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const orderNo = String(data.order_no);
    const gateway = openGateway();
    await stripe.faults({ lose: true });
    await stripe.pay(data);
    const { payment } = (await gateway.orders.find(shop.userId, { orderNo }))!;
    await gateway.orders.conclude(payment, "closed", saidOf(payment, "a mistake"), world.clock.now());
    await stripe.faults({ status: 503 });
    await world.passes(86_400);
    await minutes(1);
    await stripe.faults({});
    await minutes(16);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", late_success: 1 });
  });

  it("about the refunds of a payment that it has just called paid is asked again for them", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe", amount: "100.00" }));
    const orderNo = String(data.order_no);
    await stripe.faults({ lose: true });
    await stripe.pay(data);
    await stripe.refund(orderNo, "25.00");
    await stripe.faults({ status: 503, path: "/v1/refunds" });
    await minutes(1);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", refunded_minor: "0" });
    await stripe.faults({});
    await minutes(16);
    const order = await rows.order(orderNo);
    expect(order).toMatchObject({
      refunded_minor: "2500",
      next_query_at: secondsAfter(order.quiet_from as Date, 86_400),
    });
  });
});
