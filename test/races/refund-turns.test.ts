import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits, providerNames } from "../kits/kits.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
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
const simulators = {} as Record<ProviderName, SimulatorControl>;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop();
  api = apiOf(world, shop);
  refunds = refundsOf(api);
  for (const name of providerNames) simulators[name] = simulatorOf(world, name);
});
afterEach(async () => {
  for (const simulator of Object.values(simulators)) await simulator.faults({});
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const sums = async (orderNo: string) => {
  const { refunded_minor, refund_reserved_minor } = await rows.order(orderNo);
  return { refunded: Number(refunded_minor), reserved: Number(refund_reserved_minor) };
};

/** The refund's number at the provider. */
async function providerNo(refundNo: string): Promise<string> {
  const [row] = await rows.query("SELECT provider_refund_no FROM refunds WHERE refund_no = ?", [refundNo]);
  return String(row!.provider_refund_no);
}

async function refunded(orderNo: string, amount: string): Promise<string> {
  const refundNo = aRefundNo();
  expect(await refunds.ask({ order_no: orderNo, refund_no: refundNo, amount })).toMatchObject({
    status: 200,
  });
  return refundNo;
}

/** Drains the queues until the refunded amount is the expected one, then compares both sums. */
async function expectSums(orderNo: string, expected: { refunded: number; reserved: number }): Promise<void> {
  await until(async () => {
    await world.queues.drain();
    return (await sums(orderNo)).refunded === expected.refunded;
  });
  expect(await sums(orderNo)).toEqual(expected);
}

/** Waits until the merchant has been notified of these refund events of the order, in this order and no others. */
async function expectNotified(orderNo: string, ...expected: string[]): Promise<void> {
  const notified = await until(async () => {
    await world.queues.drain();
    const soFar = (await refunds.notified(orderNo)).map(({ event }) => event);
    return soFar.length >= expected.length && soFar;
  });
  expect(notified).toEqual(expected);
}

describe("Stripe refunds", () => {
  it("a Stripe refund that succeeded and then fails is reversed, raises an alarm and is notified", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const refundNo = await refunded(orderNo, "30.00");
    await expectSums(orderNo, { refunded: 3_000, reserved: 0 });
    const log = await logOf(async () => {
      await simulators.stripe.refundResult(await providerNo(refundNo), "failed");
      await expectSums(orderNo, { refunded: 0, reserved: 0 });
    });
    expect(log).toContainEqual(
      expect.objectContaining({ level: "error", message: "a final refund has changed", order_no: orderNo }),
    );
    expect(await refunds.now(refundNo)).toMatchObject({ status: "failed" });
    await expectNotified(orderNo, "refund.success", "refund.failed");
    expect((await api.query(orderNo)).data).toMatchObject({ status: "success", refunded_amount: 0 });
  });

  it("a Stripe refund that failed and then succeeds is recorded, raises an alarm and is notified", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await simulators.stripe.tell("refund-result", { status: "pending" });
    const refundNo = await refunded(orderNo, "30.00");
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 3_000 });
    const number = await providerNo(refundNo);
    await simulators.stripe.refundResult(number, "failed");
    await until(async () => (await sums(orderNo)).reserved === 0);
    const log = await logOf(async () => {
      await simulators.stripe.refundResult(number, "succeeded");
      await expectSums(orderNo, { refunded: 3_000, reserved: 0 });
    });
    expect(log).toContainEqual(expect.objectContaining({ message: "a final refund has changed" }));
    await expectNotified(orderNo, "refund.failed", "refund.success");
  });

  it("a failed Stripe refund that succeeds when too little is left raises an anomaly and is acknowledged", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const first = await refunded(orderNo, "60.00");
    const number = await providerNo(first);
    await expectSums(orderNo, { refunded: 6_000, reserved: 0 });
    await simulators.stripe.refundResult(number, "failed");
    await expectSums(orderNo, { refunded: 0, reserved: 0 });
    await refunded(orderNo, "60.00");
    await expectSums(orderNo, { refunded: 6_000, reserved: 0 });

    const raised = async () =>
      (await rows.anomalies(shop.configs.stripe!)).filter(({ order_no }) => order_no === orderNo);
    const refused = async () =>
      (await simulators.stripe.webhooks(orderNo)).filter(({ outcome }) => outcome === "refused");
    // No provider pays back more than was paid: what says so all the same is not booked.
    await simulators.stripe.tell("refund-result", { refund_no: number, status: "succeeded", force: true });
    await until(async () => {
      await world.queues.drain();
      return (await raised()).length + (await refused()).length > 0;
    });
    expect(await refused()).toEqual([]);
    expect(await raised()).toMatchObject([{ kind: "over_refund" }]);
    expect(await sums(orderNo)).toEqual({ refunded: 6_000, reserved: 0 });
    expect(await refunds.now(first)).toMatchObject({ status: "failed" });
  });

  it("a Stripe refund event with another payment's transaction raises an anomaly and changes no amounts", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const other = await paidOrder(world, api, "stripe");
    const { trade_no } = (await api.query(other)).data;
    const refundNo = await refunded(orderNo, "10.00");
    await expectSums(orderNo, { refunded: 1_000, reserved: 0 });
    const { signed, path } = stripeEvents(world, shop);
    const object = { id: "re_other", object: "refund", amount: 2_000, currency: "cny", status: "succeeded" };
    const tell = async (refund: Data) => {
      const data = { object: { ...object, payment_intent: trade_no, ...refund } };
      const event = {
        id: `evt_${aRefundNo()}`,
        object: "event",
        type: "refund.updated",
        livemode: false,
        data,
      };
      const created = Math.floor(world.clock.now().getTime() / 1000);
      return (await postWebhook(world, path, signed(JSON.stringify({ ...event, created })))).status;
    };
    const metadata = { order_no: orderNo, refund_no: await providerNo(refundNo) };
    expect(await tell({ metadata: { order_no: orderNo } })).toBe(200);
    expect(await tell({ metadata, status: "failed" })).toBe(200);
    expect(await sums(orderNo)).toEqual({ refunded: 1_000, reserved: 0 });
    const raised = (await rows.anomalies(shop.configs.stripe!)).filter(
      ({ order_no }) => order_no === orderNo,
    );
    expect(raised).toMatchObject([
      { kind: "mismatch", detail: { differs: ["trade_no"], said: "refunded" } },
      { kind: "mismatch", detail: { differs: ["trade_no"], said: "refundFailed" } },
    ]);
  });
});

describe("WeChat Pay refunds", () => {
  it("a WeChat Pay refund that the bank rejects stays reserved and raises an alarm until it is paid out", async () => {
    const orderNo = await paidOrder(world, api, "wechat");
    await simulators.wechat.tell("refund-result", { status: "ABNORMAL" });
    const log = await logOf(async () => {
      await refunded(orderNo, "40.00");
      const { webhooks } = simulators.wechat;
      await until(async () => (await webhooks(orderNo)).some(({ event }) => event === "REFUND.ABNORMAL"));
      await world.passes(60);
      await world.queues.drain();
    });
    expect(log).toContainEqual(
      expect.objectContaining({ level: "error", message: "refund needs a person at the provider" }),
    );
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 4_000 });
    const more = { order_no: orderNo, refund_no: aRefundNo(), amount: "60.01" };
    expect(await refunds.ask(more)).toMatchObject({ code: 2009 });
    const [{ refund_no: refundNo }] = (await rows.query(
      "SELECT refund_no FROM refunds r JOIN payment_orders o ON o.id = r.order_id WHERE o.order_no = ?",
      [orderNo],
    )) as [{ refund_no: string }];
    await simulators.wechat.refundResult(await providerNo(refundNo), "SUCCESS");
    await expectSums(orderNo, { refunded: 4_000, reserved: 0 });
    await expectNotified(orderNo, "refund.success");
  });

  it("a closed WeChat Pay refund releases its reservation and is notified", async () => {
    const orderNo = await paidOrder(world, api, "wechat");
    const refundNo = await refunded(orderNo, "40.00");
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 4_000 });
    await simulators.wechat.refundResult(await providerNo(refundNo), "CLOSED");
    await until(async () => {
      await world.queues.drain();
      return (await sums(orderNo)).reserved === 0;
    });
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 0 });
    expect(await refunds.now(refundNo)).toMatchObject({ status: "failed" });
    await expectNotified(orderNo, "refund.failed");
  });
});

describe.each(providerNames)("refunds through %s", (provider) => {
  it(`a ${provider} refund received before its payment leaves the payment both paid and refunded`, async () => {
    const simulator = simulators[provider];
    const { data } = await api.create(anOrder({ provider, amount: "100.00" }));
    const orderNo = String(data.order_no);
    await simulator.faults({ lose: true });
    await simulator.pay(data);
    const [url, account] = [world.sandbox.simulators[provider], shop.accounts[provider]!];
    await kits[provider].captureAndDie?.(url, account, String(data.payment_id));
    expect((await rows.order(orderNo)).status).toBe("pending");
    await simulator.faults({});
    await simulator.refund(orderNo, "25.00");
    await until(async () => {
      await world.passes(10);
      await world.queues.drain();
      return (await sums(orderNo)).refunded > 0;
    });
    expect((await api.query(orderNo)).data).toMatchObject({ status: "success", refunded_amount: 25 });
    expect(await sums(orderNo)).toEqual({ refunded: 2_500, reserved: 0 });
    await world.queues.drain();
    await expectNotified(orderNo, "refund.success");
  });

  it(`a ${provider} refund with an unknown outcome is never sent under another number`, async () => {
    const simulator = simulators[provider];
    const orderNo = await paidOrder(world, api, provider);
    const before = (await simulator.calls()).length;
    const input = { order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" };
    for (const fault of [{ status: 503 }, { html: true }, { timeout_after_success: true }]) {
      await simulator.faults(fault);
      expect(await refunds.ask(input)).toMatchObject({ status: 504, code: 2003 });
      expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 3_000 });
      await world.passes(5);
    }
    await simulator.faults({});
    await until(async () => {
      await world.passes(20);
      await world.queues.drain();
      return (await sums(orderNo)).refunded > 0;
    });
    await expectSums(orderNo, { refunded: 3_000, reserved: 0 });
    const requested = JSON.stringify((await simulator.calls()).slice(before));
    expect(new Set(requested.match(/R\d{14}[0-9A-Z]{17}/g))).toEqual(
      new Set([await providerNo(input.refund_no)]),
    );
    expect(await simulator.payments(orderNo)).toMatchObject([{ refunded_minor: 3_000 }]);
  });
});

describe("Alipay dashboard refunds beside a pending refund", () => {
  it("an Alipay dashboard refund below our pending refund is recorded and notified once ours fails", async () => {
    const orderNo = await paidOrder(world, api, "alipay");
    const refundNo = aRefundNo();
    await simulators.alipay.faults({ status: 503 });
    const input = { order_no: orderNo, refund_no: refundNo, amount: "30.00" };
    expect(await refunds.ask(input)).toMatchObject({ status: 504 });
    await simulators.alipay.faults({});
    const before = (await simulators.alipay.webhooks(orderNo)).length;
    await simulators.alipay.refund(orderNo, "25.00");
    await until(async () => (await simulators.alipay.webhooks(orderNo)).length > before);
    expect(await sums(orderNo)).toEqual({ refunded: 0, reserved: 3_000 });

    await simulators.alipay.tell("finish", { order_no: orderNo });
    await world.passes(60);
    await expectSums(orderNo, { refunded: 2_500, reserved: 0 });
    await world.queues.drain();
    await expectNotified(orderNo, "refund.failed", "refund.success");
    expect(await refunds.now(refundNo)).toMatchObject({ status: "failed" });
    expect((await api.query(orderNo)).data).toMatchObject({ refunded_amount: 25 });
  });
});
