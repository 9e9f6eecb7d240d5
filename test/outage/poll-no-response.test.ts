import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { closeOrFail } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { saidOf } from "../steps/leased-order.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
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

/** Advances the clock minute by minute; runs the sweep and drains the queues after each. */
async function minutes(times: number): Promise<void> {
  for (let minute = 0; minute < times; minute++) {
    await world.passes(60);
    await invoke("sweep", {});
    await world.queues.drain();
  }
}

describe("polls that get no response", () => {
  it("a refund announced by a webhook is polled until PayPal responds", async () => {
    const orderNo = await paidOrder(world, api, "paypal");
    await paypal.faults({ status: 503 });
    await paypal.refund(orderNo, "25.00");
    const isDue = async () => (await rows.order(orderNo)).next_poll_at! <= world.clock.now();
    await until(isDue);
    await world.queues.drain();
    await paypal.faults({});
    await minutes(16);
    const order = await rows.order(orderNo);
    expect(order).toMatchObject({
      refunded_minor: "2500",
      next_poll_at: secondsAfter(order.quiet_from as Date, 86_400),
    });
  });

  it("a refund made months after its payment is polled until PayPal responds", async () => {
    const orderNo = await paidOrder(world, api, "paypal");
    await world.passes(60 * 86_400);
    await minutes(2);
    expect(await rows.order(orderNo)).toMatchObject({ refunded_minor: "0", next_poll_at: null });
    await paypal.faults({ status: 503 });
    await paypal.refund(orderNo, "25.00");
    await until(async () => (await rows.order(orderNo)).next_poll_at !== null);
    await minutes(1);
    await paypal.faults({});
    await minutes(16);
    expect(await rows.order(orderNo)).toMatchObject({ refunded_minor: "2500", next_poll_at: null });
  });

  it("polling an old payment ends with a config_unreachable anomaly after a week without a response", async () => {
    const orderNo = await paidOrder(world, api, "paypal");
    await world.passes(60 * 86_400);
    await minutes(2);
    await paypal.faults({ status: 503 });
    await paypal.refund(orderNo, "25.00");
    await until(async () => (await rows.order(orderNo)).next_poll_at !== null);
    await minutes(1);
    const unreachable = async () =>
      (await rows.anomalies(shop.configs.paypal!)).filter(({ kind }) => kind === "config_unreachable");
    expect(await unreachable()).toEqual([]);
    await world.passes(8 * 86_400);
    await minutes(1);
    expect(await rows.order(orderNo)).toMatchObject({ next_poll_at: null, unanswered_since: null });
    expect(await unreachable()).toMatchObject([{ order_no: null }]);
  });

  it("the last poll of a closed payment is repeated until Stripe responds: no late success is lost", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const orderNo = String(data.order_no);
    const gateway = openGateway();
    await stripe.faults({ lose: true });
    await stripe.pay(data);
    const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo }))!;
    await closeOrFail(gateway.db, payment, "closed", {
      said: saidOf(payment, "a mistake"),
      now: world.clock.now(),
    });
    await stripe.faults({ status: 503 });
    await world.passes(86_400);
    await minutes(1);
    await stripe.faults({});
    await minutes(16);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", late_success: 1 });
  });

  it("when Stripe reports a payment as paid but fails to list its refunds, they are polled again", async () => {
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
      next_poll_at: secondsAfter(order.quiet_from as Date, 86_400),
    });
  });
});
