import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { pollRefund } from "../../lib/payments/poll-refund.ts";
import { findRefundByProviderNo } from "../../lib/storage/refunds/find-refund.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
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

/** Creates a refund of 30.00 through the gateway and returns the numbers in its row. */
async function refunded(orderNo: string): Promise<{ refundNo: string; number: string; id: string }> {
  const refundNo = aRefundNo();
  const input = { order_no: orderNo, refund_no: refundNo, amount: "30.00" };
  expect(await refunds.ask(input)).toMatchObject({ status: 200 });
  const [row] = await rows.query("SELECT * FROM refunds WHERE refund_no = ?", [refundNo]);
  return { refundNo, number: String(row!.provider_refund_no), id: String(row!.refund_id) };
}

const tradeOf = async (orderNo: string) => (await api.query(orderNo)).data.trade_no;

/** The id of the newest refund of a payment, fetched from the Stripe simulator. */
async function newestRefund(trade_no: unknown): Promise<string> {
  const url = `${world.sandbox.simulators.stripe}/v1/refunds?payment_intent=${trade_no}`;
  const headers = { authorization: `Bearer ${shop.accounts.stripe!.secret_key}` };
  const { data } = (await (await fetch(url, { headers })).json()) as { data: { id: string }[] };
  return data[0]!.id;
}

/** Posts a correctly signed Stripe event about a refund of a payment; returns the HTTP status. */
async function postRefundEvent(trade_no: unknown, refund: Data): Promise<number> {
  const { signed, path } = stripeEvents(world, shop);
  const object = { object: "refund", currency: "cny", payment_intent: trade_no, ...refund };
  const event = { id: `evt_${randomUUID()}`, object: "event", type: "refund.updated", livemode: false };
  const created = Math.floor(world.clock.now().getTime() / 1000);
  const call = signed(JSON.stringify({ ...event, created, data: { object } }));
  const { status } = await postWebhook(world, path, call);
  await world.queues.drain();
  return status;
}

/** Posts a paid event of Stripe a minute after its `created` time; returns the HTTP status. */
async function postLatePaidEvent(orderNo: string, trade_no: unknown): Promise<number> {
  const { signed, path, event } = stripeEvents(world, shop);
  const session = { amount_total: 10_000, payment_intent: trade_no };
  const notified = { ...JSON.parse(event(orderNo, { session }).body) };
  return (
    await postWebhook(world, path, signed(JSON.stringify({ ...notified, created: notified.created - 60 })))
  ).status;
}

/** A payment that Stripe has taken and whose webhook was lost. */
async function paidUnseen(): Promise<string> {
  const { data } = await api.create(anOrder({ provider: "stripe", amount: "100.00" }));
  await stripe.faults({ lose: true });
  await stripe.pay(data);
  return String(data.order_no);
}

/** Waits until the merchant has been notified of `count` refund events of the order; returns them in order. */
async function notified(orderNo: string, count: number): Promise<unknown[]> {
  return until(async () => {
    await world.queues.drain();
    const soFar = (await refunds.notified(orderNo)).map(({ event }) => event);
    return soFar.length >= count && soFar;
  });
}

describe("contradicting Stripe events about refunds", () => {
  const orders = [
    ["succeeded", "failed"],
    ["failed", "succeeded"],
    ["succeeded", "failed", "succeeded"],
    ["failed", "succeeded", "failed", "succeeded"],
  ];
  it.each(orders.map((order) => [order.join(", "), order] as const))(
    "a refund whose Stripe events arrive as %s ends as the Stripe API says: failed",
    async (_name, order) => {
      const orderNo = await paidOrder(world, api, "stripe");
      await stripe.faults({ lose: true });
      await stripe.tell("refund-result", { status: "pending" });
      const { number, id, refundNo } = await refunded(orderNo);
      await stripe.refundResult(number, "succeeded");
      await stripe.refundResult(number, "failed");
      const metadata = { order_no: orderNo, refund_no: number };
      for (const status of order) {
        expect(await postRefundEvent(await tradeOf(orderNo), { id, amount: 3_000, status, metadata })).toBe(
          200,
        );
      }
      expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 0 });
      expect(await refunds.now(refundNo)).toMatchObject({ status: "failed" });
    },
  );

  it("a Stripe dashboard refund that failed is not counted, in whatever order its events arrive", async () => {
    for (const order of orders) {
      const orderNo = await paidOrder(world, api, "stripe");
      await stripe.faults({ lose: true });
      await stripe.refund(orderNo, "30.00");
      const id = await newestRefund(await tradeOf(orderNo));
      await stripe.refundResult(id, "failed");
      for (const status of order) {
        const refund = { id, amount: 3_000, status, metadata: { order_no: orderNo } };
        expect(await postRefundEvent(await tradeOf(orderNo), refund)).toBe(200);
      }
      expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 0 });
      await stripe.faults({});
    }
  });

  it("a Stripe dashboard refund announced before its payment is recorded once the paid event arrives", async () => {
    const orderNo = await paidUnseen();
    await stripe.refund(orderNo, "30.00");
    const trade_no = (await stripe.payments(orderNo))[0]!.trade_no;
    const id = await newestRefund(trade_no);
    expect(await postRefundEvent(trade_no, { id, amount: 3_000, status: "succeeded", metadata: {} })).toBe(
      200,
    );
    await stripe.faults({});
    expect(await postLatePaidEvent(orderNo, trade_no)).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
    await world.queues.drain();
    expect(await sums(orderNo)).toEqual({ refunded: 3_000, reserved: 0 });
  });

  it("the merchant is notified each time a Stripe refund changes its final status", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const { number } = await refunded(orderNo);
    await notified(orderNo, 1);
    for (const [turn, status] of (["failed", "succeeded", "failed"] as const).entries()) {
      await stripe.refundResult(number, status);
      await notified(orderNo, turn + 2);
    }
    expect(await notified(orderNo, 4)).toEqual([
      "refund.success",
      "refund.failed",
      "refund.success",
      "refund.failed",
    ]);
    const ids = (await refunds.notified(orderNo)).map(({ event_id }) => event_id);
    expect(new Set(ids).size).toBe(4);

    const resend = (event_id: unknown) =>
      api.call("POST", `/api/v1/payment/notify/resend/${orderNo}`, { event_id });
    for (const event_id of ids) expect(await resend(event_id)).toMatchObject({ status: 200 });
    expect((await notified(orderNo, 8)).length).toBe(8);
    const again = (await refunds.notified(orderNo)).slice(4).map(({ event_id }) => event_id);
    expect(again.sort()).toEqual(ids.sort());
  });

  it("a Stripe refund event with another amount raises an anomaly and changes no amounts", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await stripe.faults({ lose: true });
    await stripe.tell("refund-result", { status: "pending" });
    const { number, id } = await refunded(orderNo);
    const metadata = { order_no: orderNo, refund_no: number };
    expect(
      await postRefundEvent(await tradeOf(orderNo), { id, amount: 2_000, status: "succeeded", metadata }),
    ).toBe(200);
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 3_000 });
    expect(await anomaliesOf(orderNo, "stripe")).toMatchObject([
      { kind: "mismatch", detail: { differs: ["amount"], amount_minor: 2_000 } },
    ]);
  });

  it("a Stripe dashboard refund beyond the unreserved amount is recorded once our pending refund fails", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await stripe.tell("refund-result", { status: "pending" });
    const input = { order_no: orderNo, refund_no: aRefundNo(), amount: "60.00" };
    expect(await refunds.ask(input)).toMatchObject({ status: 200 });
    const [{ provider_refund_no: number }] = (await rows.query(
      "SELECT provider_refund_no FROM refunds WHERE refund_no = ?",
      [input.refund_no],
    )) as [{ provider_refund_no: string }];
    await stripe.faults({ lose: true });
    await stripe.refundResult(number, "failed");
    await stripe.faults({});
    await stripe.refund(orderNo, "50.00");
    await until(async () => (await anomaliesOf(orderNo, "stripe")).length > 0);
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 6_000 });
    await until(async () => {
      await world.passes(60);
      await invoke("sweep", {});
      await world.queues.drain();
      return (await sums(orderNo)).refunded > 0;
    });
    expect(await sums(orderNo)).toEqual({ refunded: 5_000, reserved: 0 });
  });

  it("each Stripe refund beyond the paid amount raises its own anomaly with its id and amount", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    for (const [id, amount] of [
      ["re_first", 9_000],
      ["re_second", 2_000],
      ["re_third", 3_000],
    ] as const) {
      const refund = { id: `${id}_${orderNo}`, amount, status: "succeeded", metadata: { order_no: orderNo } };
      expect(await postRefundEvent(await tradeOf(orderNo), refund)).toBe(200);
    }
    expect(await sums(orderNo)).toEqual({ refunded: 9_000, reserved: 0 });
    expect(await anomaliesOf(orderNo, "stripe")).toMatchObject([
      { kind: "over_refund", times: 1, detail: { refund_id: `re_second_${orderNo}`, amount_minor: 2_000 } },
      { kind: "over_refund", times: 1, detail: { refund_id: `re_third_${orderNo}`, amount_minor: 3_000 } },
    ]);
  });
});

describe("unreadable configs of refunds", () => {
  it("a refund whose config cannot be read is polled later and keeps its reservation", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await stripe.tell("refund-result", { status: "pending" });
    const { number } = await refunded(orderNo);
    const id = shop.configs.stripe!;
    const [{ config_data }] = (await rows.query("SELECT config_data FROM payment_configs WHERE id = ?", [
      id,
    ])) as [{ config_data: string }];
    const store = (data: string) =>
      rows.query("UPDATE payment_configs SET config_data = ?, version = version + 1 WHERE id = ?", [
        data,
        id,
      ]);
    await store("{}");
    const gateway = anotherGateway();
    await world.passes(61);
    const stored = async () => (await findRefundByProviderNo(gateway.db, shop.userId, number))!;
    const now = world.clock.now();
    expect((await stored()).nextPollAt!.getTime()).toBeLessThanOrEqual(now.getTime());
    const { id: refundId } = (await stored()).refund;
    await pollRefund(gateway, { refundId, userId: shop.userId, due: now });
    expect((await stored()).nextPollAt!.getTime()).toBeGreaterThan(now.getTime());
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 3_000 });
    await store(config_data);
    await gateway.close();
  });
});

describe("WeChat Pay payments first seen after a refund", () => {
  it("a WeChat Pay payment first seen as refunded succeeds and raises an unbooked_refund anomaly", async () => {
    const { data } = await api.create(anOrder({ provider: "wechat", amount: "100.00" }));
    const orderNo = String(data.order_no);
    await wechat.faults({ lose: true });
    await wechat.pay(data);
    await wechat.refund(orderNo, "25.00");
    await world.passes(16);
    await world.queues.drain();
    expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
    // The webhook of the refund may still arrive.
    expect(await anomaliesOf(orderNo, "wechat")).toEqual([]);
    await world.passes(900);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await anomaliesOf(orderNo, "wechat")).toMatchObject([{ kind: "unbooked_refund" }]);
    const order = await rows.order(orderNo);
    expect(order.next_poll_at).toEqual(secondsAfter(order.quiet_from as Date, 86_400));
  });
});
