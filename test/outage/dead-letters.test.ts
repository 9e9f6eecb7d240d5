import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { openWorld, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let api: Api;
let stripe: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  api = apiOf(world, await world.openShop("stripe"));
  stripe = simulatorOf(world, "stripe");
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const visibilitySeconds = 180;
const order = async () => String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);

/** Renames the tables so that every due wake-up fails five times and moves to the dead-letter queue. */
async function killDueWakeUps(): Promise<void> {
  const tables = ["payment_orders", "deliveries", "refunds"];
  await rows.query(`RENAME TABLE ${tables.map((name) => `${name} TO ${name}_away`).join(", ")}`);
  try {
    for (let receives = 0; receives < 5; receives++) {
      const { received, failed } = await world.queues.tryOnce();
      expect(received).toBeGreaterThan(0);
      expect(failed).toBe(received);
      await world.passes(visibilitySeconds);
    }
    expect(await world.queues.tryOnce()).toEqual({ received: 0, failed: 0 });
  } finally {
    await rows.query(`RENAME TABLE ${tables.map((name) => `${name}_away TO ${name}`).join(", ")}`);
  }
}

describe("wake-ups in the dead-letter queues", () => {
  it("dead wake-ups lose nothing, and redriven after the sweeper has done their work they change nothing", async () => {
    const refunded = await paidOrder(world, api, "stripe");
    const refund_no = aRefundNo();
    await stripe.faults({ timeout_after_success: true, lose: true });
    await refundsOf(api).ask({ order_no: refunded, refund_no, amount: "1.00" });
    await stripe.faults({});
    const notified = await order();
    await stripe.payUnopened(notified);
    await stripe.accepted(notified);
    const lost = await order();
    await stripe.faults({ lose: true });
    await stripe.payUnopened(lost);
    await world.passes(120);
    await killDueWakeUps();
    const { notify, poll } = await world.queues.dead();
    expect(notify).toBe(1);
    // One of each payment and one of the refund.
    expect(poll).toBeGreaterThanOrEqual(3);

    await invoke("sweep", {});
    await world.queues.drain();
    for (const orderNo of [notified, lost]) {
      expect((await api.query(orderNo)).data).toMatchObject({ status: "success", notify_status: "success" });
      expect(await rows.sends(orderNo)).toMatchObject([{ outcome: "received" }]);
    }
    expect(await refundsOf(api).now(refund_no)).toMatchObject({ status: "success" });
    expect(await refundsOf(api).notified(refunded)).toHaveLength(1);

    const before = { rows: await rows.checksums(), inbox: await api.inbox(), calls: await stripe.calls() };
    expect(await world.queues.redrive()).toBe(notify + poll);
    expect(await world.queues.drain()).toBe(notify + poll);
    expect(await rows.checksums()).toEqual(before.rows);
    expect(await api.inbox()).toEqual(before.inbox);
    expect(await stripe.calls()).toEqual(before.calls);
    expect(await world.queues.dead()).toEqual({ notify: 0, poll: 0 });
    expect(await world.queues.delayed()).toEqual({ notify: 0, poll: 0 });
  });

  it("a dead wake-up redriven before the sweeper runs sends the notification once", async () => {
    const orderNo = await order();
    await stripe.faults({});
    await stripe.payUnopened(orderNo);
    await stripe.accepted(orderNo);
    await world.passes(120);
    await killDueWakeUps();
    await world.queues.redrive();
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await rows.sends(orderNo)).toMatchObject([{ outcome: "received" }]);
    expect((await api.query(orderNo)).data).toMatchObject({ status: "success", notify_status: "success" });
  });
});
