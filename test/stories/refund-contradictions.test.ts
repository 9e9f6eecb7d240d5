import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, apiOf, type Data } from "../steps/api.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook, stripeEvents } from "../steps/signed-webhooks.ts";
import { type SimulatorControl, simulatorOf, until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let refunds: ReturnType<typeof refundsOf>;
let stripe: SimulatorControl;
let wechat: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe", "wechat");
  api = apiOf(world, shop);
  refunds = refundsOf(api);
  stripe = simulatorOf(world, "stripe");
  wechat = simulatorOf(world, "wechat");
});
afterEach(async () => {
  await stripe.faults({});
  await wechat.faults({});
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const sums = async (orderNo: string) => {
  const { refunded_minor, refund_reserved_minor } = await rows.order(orderNo);
  return { refunded: Number(refunded_minor), reserved: Number(refund_reserved_minor) };
};

const anomaliesOf = async (orderNo: string, provider: string) =>
  (await rows.anomalies(shop.configs[provider]!)).filter(({ order_no }) => order_no === orderNo);

/** A refund of 30.00 of ours, as its row says. */
async function refunded(orderNo: string): Promise<{ refundNo: string; number: string; id: string }> {
  const refundNo = aRefundNo();
  const wanted = { order_no: orderNo, refund_no: refundNo, amount: "30.00" };
  expect(await refunds.ask(wanted)).toMatchObject({ status: 200 });
  const [row] = await rows.query("SELECT * FROM refunds WHERE refund_no = ?", [refundNo]);
  return { refundNo, number: String(row!.provider_refund_no), id: String(row!.refund_id) };
}

/** The id of the last refund of a payment, asked from Stripe itself. */
async function newestRefund(orderNo: string): Promise<string> {
  const { trade_no } = (await api.query(orderNo)).data;
  const url = `${world.sandbox.simulators.stripe}/v1/refunds?payment_intent=${trade_no}`;
  const headers = { authorization: `Bearer ${shop.accounts.stripe!.secret_key}` };
  const { data } = (await (await fetch(url, { headers })).json()) as { data: { id: string }[] };
  return data[0]!.id;
}

/** Stripe's truly signed word about a refund of a payment. */
async function stripeTells(orderNo: string, refund: Data): Promise<number> {
  const { trade_no } = (await api.query(orderNo)).data;
  const { signed, path } = stripeEvents(world, shop);
  const object = { object: "refund", currency: "cny", payment_intent: trade_no, ...refund };
  const event = { id: `evt_${randomUUID()}`, object: "event", type: "refund.updated", livemode: false };
  const created = Math.floor(world.clock.now().getTime() / 1000);
  const call = signed(JSON.stringify({ ...event, created, data: { object } }));
  const { status } = await postWebhook(world, path, call);
  await world.queues.drain();
  return status;
}

/** The events about an order's refunds that the merchant was told, in turn. */
async function told(orderNo: string, count: number): Promise<unknown[]> {
  return until(async () => {
    await world.queues.drain();
    const soFar = (await refunds.told(orderNo)).map(({ event }) => event);
    return soFar.length >= count && soFar;
  });
}

describe("Stripe's events about one refund", () => {
  const orders = [
    ["succeeded", "failed"],
    ["failed", "succeeded"],
    ["succeeded", "failed", "succeeded"],
    ["failed", "succeeded", "failed", "succeeded"],
  ];
  it.each(orders.map((order) => [order.join(", "), order] as const))(
    "that came as %s end as Stripe itself says: failed",
    async (_name, order) => {
      const orderNo = await paidOrder(world, api, "stripe");
      await stripe.faults({ lose: true });
      await stripe.tell("refund-result", { status: "pending" });
      const { number, id, refundNo } = await refunded(orderNo);
      await stripe.refundResult(number, "succeeded");
      await stripe.refundResult(number, "failed");
      const metadata = { order_no: orderNo, refund_no: number };
      for (const status of order) {
        expect(await stripeTells(orderNo, { id, amount: 3_000, status, metadata })).toBe(200);
      }
      expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 0 });
      expect(await refunds.now(refundNo)).toMatchObject({ status: "failed" });
    },
  );

  it("made in its dashboard end failed in any order too", async () => {
    for (const order of orders) {
      const orderNo = await paidOrder(world, api, "stripe");
      await stripe.faults({ lose: true });
      await stripe.refund(orderNo, "30.00");
      const id = await newestRefund(orderNo);
      await stripe.refundResult(id, "failed");
      for (const status of order) {
        const refund = { id, amount: 3_000, status, metadata: { order_no: orderNo } };
        expect(await stripeTells(orderNo, refund)).toBe(200);
      }
      expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 0 });
      await stripe.faults({});
    }
  });

  it("are told each time that it comes to another end", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const { number } = await refunded(orderNo);
    await told(orderNo, 1);
    for (const [turn, status] of (["failed", "succeeded", "failed"] as const).entries()) {
      await stripe.refundResult(number, status);
      await told(orderNo, turn + 2);
    }
    expect(await told(orderNo, 4)).toEqual([
      "refund.success",
      "refund.failed",
      "refund.success",
      "refund.failed",
    ]);
    const ids = (await refunds.told(orderNo)).map(({ event_id }) => event_id);
    expect(new Set(ids).size).toBe(4);

    const resend = (event_id: unknown) =>
      api.call("POST", `/api/v1/payment/notify/resend/${orderNo}`, { event_id });
    for (const event_id of ids) expect(await resend(event_id)).toMatchObject({ status: 200 });
    expect((await told(orderNo, 8)).length).toBe(8);
    const again = (await refunds.told(orderNo)).slice(4).map(({ event_id }) => event_id);
    expect(again.sort()).toEqual(ids.sort());
  });

  it("with another amount than ours are an anomaly and book nothing", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await stripe.faults({ lose: true });
    await stripe.tell("refund-result", { status: "pending" });
    const { number, id } = await refunded(orderNo);
    const metadata = { order_no: orderNo, refund_no: number };
    expect(await stripeTells(orderNo, { id, amount: 2_000, status: "succeeded", metadata })).toBe(200);
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 3_000 });
    expect(await anomaliesOf(orderNo, "stripe")).toMatchObject([
      { kind: "mismatch", detail: { differs: ["amount"], amount_minor: 2_000 } },
    ]);
  });

  it("that fit no more are one anomaly for each refund, with its number and amount", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    for (const [id, amount] of [
      ["re_first", 9_000],
      ["re_second", 2_000],
      ["re_third", 3_000],
    ] as const) {
      const refund = { id: `${id}_${orderNo}`, amount, status: "succeeded", metadata: { order_no: orderNo } };
      expect(await stripeTells(orderNo, refund)).toBe(200);
    }
    expect(await sums(orderNo)).toEqual({ refunded: 9_000, reserved: 0 });
    expect(await anomaliesOf(orderNo, "stripe")).toMatchObject([
      { kind: "over_refund", times: 1, detail: { refund_id: `re_second_${orderNo}`, amount_minor: 2_000 } },
      { kind: "over_refund", times: 1, detail: { refund_id: `re_third_${orderNo}`, amount_minor: 3_000 } },
    ]);
  });
});
