import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let paypal: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("paypal");
  api = apiOf(world, shop);
  paypal = simulatorOf(world, "paypal");
});
afterEach(() => paypal.faults({}));
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const now = async (orderNo: string) => (await api.query(orderNo)).data;

async function order(input: Data = {}): Promise<{ orderNo: string; paymentId: string }> {
  const { data } = await api.create(anOrder({ provider: "paypal", ...input }));
  return { orderNo: String(data.order_no), paymentId: String(data.payment_id) };
}

/** The idempotency keys of the capture calls for a PayPal order, oldest first. */
async function captureKeys(paymentId: string): Promise<string[]> {
  return (await paypal.calls())
    .filter(({ method, path }) => method === "POST" && path === `/v2/checkout/orders/${paymentId}/capture`)
    .map(({ headers }) => headers["paypal-request-id"]!);
}

/** The events of which the merchant was notified, oldest first. */
const notified = async (orderNo: string) =>
  (await api.inbox())
    .map(({ body }) => JSON.parse(body) as Data)
    .filter(({ order_no }) => order_no === orderNo)
    .map(({ event }) => event);

const moves = async (orderNo: string) =>
  (await rows.statusLogs(orderNo)).map(({ from, to }) => `${from}>${to}`);

/** The buyer approves, and PayPal's webhook about it is lost. */
async function approvedUnseen(orderNo: string, approve = paypal.approve): Promise<void> {
  await paypal.faults({ lose: true });
  await approve(orderNo);
}

describe("PayPal captures", () => {
  it("a PayPal capture whose response is lost takes the money once, under one idempotency key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnseen(orderNo);
    await paypal.faults({ lose: true, timeout_after_success: true, path: "/capture" });
    await now(orderNo);
    await paypal.faults({ lose: true });
    await world.passes(20);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "success" });
    expect(new Set(await captureKeys(paymentId)).size).toBe(1);
    expect(await moves(orderNo)).toEqual(["processing>pending", "pending>processing", "processing>success"]);
  });

  it("a PayPal capture that never reached PayPal is repeated under the same idempotency key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnseen(orderNo);
    await paypal.faults({ lose: true, status: 503, path: "/capture" });
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    // No other call captures while the first may still be running.
    await world.passes(4);
    const tried = await captureKeys(paymentId);
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    expect(await captureKeys(paymentId)).toEqual(tried);
    await paypal.faults({ lose: true });
    await world.passes(20);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "success" });
    const keys = await captureKeys(paymentId);
    expect(keys.length).toBeGreaterThan(tried.length);
    expect(new Set(keys).size).toBe(1);
    expect(await paypal.payments(orderNo)).toMatchObject([{ status: "paid", created: 1 }]);
  });

  it("a declined PayPal capture leaves the payment open; a later approval is captured under a new key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnseen(orderNo, paypal.fail);
    expect(await now(orderNo)).toMatchObject({ status: "pending" });
    const [first] = await captureKeys(paymentId);
    expect(await rows.order(orderNo)).toMatchObject({ capture_key: null, capture_until: null });
    await approvedUnseen(orderNo);
    await world.passes(4);
    expect(await now(orderNo)).toMatchObject({ status: "success" });
    const keys = await captureKeys(paymentId);
    expect(keys.at(-1)).not.toBe(first);
    expect(await moves(orderNo)).toEqual([
      "processing>pending",
      "pending>processing",
      "processing>pending",
      "pending>processing",
      "processing>success",
    ]);
  });

  // paypal/paypal-rest-api-specifications@ec4d8f3 openapi/checkout_orders_v2.json, capture 422.
  it.each(["PAYER_ACCOUNT_RESTRICTED", "COMPLIANCE_VIOLATION"])(
    "a payment whose PayPal capture is refused with %s fails, and the merchant is notified",
    async (code) => {
      const { orderNo, paymentId } = await order();
      await approvedUnseen(orderNo);
      await paypal.faults({ lose: true, code, on: "capture" });
      expect(await now(orderNo)).toMatchObject({ status: "failed" });
      expect(await rows.order(orderNo)).toMatchObject({ capture_key: null, capture_until: null });
      await world.queues.drain();
      expect(await notified(orderNo)).toEqual(["payment.failed"]);
      expect(await captureKeys(paymentId)).toHaveLength(1);
    },
  );

  it.each(["PAYEE_BLOCKED_TRANSACTION", "TRANSACTION_LIMIT_EXCEEDED", "NOT_ENABLED_FOR_BANK_PROCESSING"])(
    "a payment whose PayPal capture is refused with %s is later captured under another key",
    async (code) => {
      const { orderNo, paymentId } = await order();
      await approvedUnseen(orderNo);
      await paypal.faults({ lose: true, code, on: "capture" });
      expect(await now(orderNo)).toMatchObject({ status: "pending" });
      await paypal.faults({ lose: true });
      await world.passes(4);
      expect(await now(orderNo)).toMatchObject({ status: "success" });
      const keys = await captureKeys(paymentId);
      expect(new Set(keys).size).toBe(2);
    },
  );

  it("a PayPal capture that is still in progress is unknown and is repeated under the same key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnseen(orderNo);
    await paypal.faults({ lose: true, code: "PREVIOUS_REQUEST_IN_PROGRESS", on: "capture" });
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    await paypal.faults({ lose: true });
    await world.passes(20);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "success" });
    expect(new Set(await captureKeys(paymentId)).size).toBe(1);
  });

  it("a declined PayPal capture is retried at the payment's next scheduled poll, not sooner", async () => {
    const { orderNo, paymentId } = await order();
    await world.passes(1900);
    await world.queues.drain();
    await approvedUnseen(orderNo, paypal.fail);
    await world.passes(4);
    expect(await now(orderNo)).toMatchObject({ status: "pending" });
    const tried = await captureKeys(paymentId);
    expect(tried).toHaveLength(1);
    await world.passes(100);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await captureKeys(paymentId)).toEqual(tried);
    await world.passes(900);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await captureKeys(paymentId)).toHaveLength(2);
  });

  it("a PayPal capture that takes days is in transit, never expires, and succeeds when it completes", async () => {
    const { orderNo } = await order({ expires_in: 60 });
    await approvedUnseen(orderNo, paypal.start);
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    expect(await rows.order(orderNo)).toMatchObject({ state: "in_transit" });
    await world.passes(24 * 3600);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    await paypal.faults({});
    await paypal.payUnopened(orderNo);
    await paypal.accepted(orderNo);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "success", late_success: false });
    expect(await notified(orderNo)).toEqual(["payment.success"]);
  });

  it("a PayPal capture that takes days and is then declined fails the payment", async () => {
    const { orderNo } = await order();
    await approvedUnseen(orderNo, paypal.start);
    await now(orderNo);
    await paypal.fail(orderNo);
    await world.passes(3600);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "failed" });
    expect(await notified(orderNo)).toEqual(["payment.failed"]);
  });

  it("a PayPal order approved after its expiry is not captured and ends closed", async () => {
    const { orderNo, paymentId } = await order({ expires_in: 60 });
    await world.passes(61);
    await approvedUnseen(orderNo);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
    expect(await captureKeys(paymentId)).toEqual([]);
    expect(await paypal.payments(orderNo)).toMatchObject([{ status: "open", trade_no: null }]);
  });

  it("a PayPal order approved before its payment was closed is not captured", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnseen(orderNo);
    expect(await api.close(orderNo)).toMatchObject({ status: 200, data: { status: "closed" } });
    await paypal.faults({});
    await paypal.resend(orderNo);
    await paypal.accepted(orderNo);
    await world.passes(600);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
    expect(await captureKeys(paymentId)).toEqual([]);
  });

  it("a close waits until a PayPal capture in doubt can no longer happen, and no new one begins", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnseen(orderNo);
    await paypal.faults({ lose: true, status: 503, path: "/capture" });
    await now(orderNo);
    const tried = await captureKeys(paymentId);
    expect(tried.length).toBeGreaterThan(0);
    await paypal.faults({ lose: true });
    expect(await api.close(orderNo)).toMatchObject({ status: 502, code: 2004 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "processing", close_requested: 1 });
    await world.passes(60);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
    expect(await captureKeys(paymentId)).toEqual(tried);
    expect(await notified(orderNo)).toEqual(["payment.closed"]);
  });
});
