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

/** Every hint fails five times, because the functions do not find their tables; then it is dead. */
async function killDueHints(): Promise<void> {
  const tables = ["payment_orders", "notify_queue", "refunds"];
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

describe("hints that have failed five times", () => {
  it("are missed by nobody, and sent back once the sweeper has done their work they change and send nothing", async () => {
    const refunded = await paidOrder(world, api, "stripe");
    const refund_no = aRefundNo();
    await stripe.faults({ timeout_after_success: true, lose: true });
    await refundsOf(api).ask({ order_no: refunded, refund_no, amount: "1.00" });
    await stripe.faults({});
    const told = await order();
    await stripe.payUnopened(told);
    await stripe.accepted(told);
    const lost = await order();
    await stripe.faults({ lose: true });
    await stripe.payUnopened(lost);
    await world.passes(120);
    await killDueHints();
    const { notify, recheck } = await world.queues.dead();
    expect(notify).toBe(1);
    // Of both payments and the refund.
    expect(recheck).toBeGreaterThanOrEqual(3);

    await invoke("sweep", {});
    await world.queues.drain();
    for (const orderNo of [told, lost]) {
      expect((await api.query(orderNo)).data).toMatchObject({ status: "success", notify_status: "success" });
      expect(await rows.sends(orderNo)).toMatchObject([{ outcome: "received" }]);
    }
    expect(await refundsOf(api).now(refund_no)).toMatchObject({ status: "success" });
    expect(await refundsOf(api).told(refunded)).toHaveLength(1);

    const before = { rows: await rows.checksums(), inbox: await api.inbox(), calls: await stripe.calls() };
    expect(await world.queues.redrive()).toBe(notify + recheck);
    expect(await world.queues.drain()).toBe(notify + recheck);
    expect(await rows.checksums()).toEqual(before.rows);
    expect(await api.inbox()).toEqual(before.inbox);
    expect(await stripe.calls()).toEqual(before.calls);
    expect(await world.queues.dead()).toEqual({ notify: 0, recheck: 0 });
    expect(await world.queues.delayed()).toEqual({ notify: 0, recheck: 0 });
  });

  it("and come back before the work is done do it once", async () => {
    const orderNo = await order();
    await stripe.faults({});
    await stripe.payUnopened(orderNo);
    await stripe.accepted(orderNo);
    await world.passes(120);
    await killDueHints();
    await world.queues.redrive();
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await rows.sends(orderNo)).toMatchObject([{ outcome: "received" }]);
    expect((await api.query(orderNo)).data).toMatchObject({ status: "success", notify_status: "success" });
  });
});
