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

async function order(wanted: Data = {}): Promise<{ orderNo: string; paymentId: string }> {
  const { data } = await api.create(anOrder({ provider: "paypal", ...wanted }));
  return { orderNo: String(data.order_no), paymentId: String(data.payment_id) };
}

/** The keys of the capture calls for an order of PayPal's, in the order of the calls. */
async function captureKeys(paymentId: string): Promise<string[]> {
  return (await paypal.calls())
    .filter(({ method, path }) => method === "POST" && path === `/v2/checkout/orders/${paymentId}/capture`)
    .map(({ headers }) => headers["paypal-request-id"]!);
}

/** The merchant's events about an order, in turn. */
const told = async (orderNo: string) =>
  (await api.inbox())
    .map(({ body }) => JSON.parse(body) as Data)
    .filter(({ order_no }) => order_no === orderNo)
    .map(({ event }) => event);

const moves = async (orderNo: string) =>
  (await rows.statusLogs(orderNo)).map(({ from, to }) => `${from}>${to}`);

/** The buyer approves and PayPal's webhook about it gets lost. */
async function approvedUnheard(orderNo: string, approve = paypal.approve): Promise<void> {
  await paypal.faults({ lose: true });
  await approve(orderNo);
}

describe("taking the money of an approved PayPal order", () => {
  it("whose answer is lost takes it once, under one key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnheard(orderNo);
    await paypal.faults({ lose: true, timeout_after_success: true, path: "/capture" });
    await now(orderNo);
    await paypal.faults({ lose: true });
    await world.passes(20);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "success" });
    expect(new Set(await captureKeys(paymentId)).size).toBe(1);
    expect(await moves(orderNo)).toEqual(["processing>pending", "pending>processing", "processing>success"]);
  });

  it("that PayPal never got is repeated under the same key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnheard(orderNo);
    await paypal.faults({ lose: true, status: 503, path: "/capture" });
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    // Another caller keeps away while the first may still be at it.
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

  it("that is declined leaves it open, and a later approval is captured under a new key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnheard(orderNo, paypal.fail);
    expect(await now(orderNo)).toMatchObject({ status: "pending" });
    const [first] = await captureKeys(paymentId);
    expect(await rows.order(orderNo)).toMatchObject({ capture_key: null, capture_until: null });
    await approvedUnheard(orderNo);
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
    "a PayPal order whose capture is refused with %s has failed, and its merchant is told",
    async (code) => {
      const { orderNo, paymentId } = await order();
      await approvedUnheard(orderNo);
      await paypal.faults({ lose: true, code, on: "capture" });
      expect(await now(orderNo)).toMatchObject({ status: "failed" });
      expect(await rows.order(orderNo)).toMatchObject({ capture_key: null, capture_until: null });
      await world.queues.drain();
      expect(await told(orderNo)).toEqual(["payment.failed"]);
      expect(await captureKeys(paymentId)).toHaveLength(1);
    },
  );

  it.each(["PAYEE_BLOCKED_TRANSACTION", "TRANSACTION_LIMIT_EXCEEDED", "NOT_ENABLED_FOR_BANK_PROCESSING"])(
    "a PayPal order whose capture is refused with %s is captured under another key once that has passed",
    async (code) => {
      const { orderNo, paymentId } = await order();
      await approvedUnheard(orderNo);
      await paypal.faults({ lose: true, code, on: "capture" });
      expect(await now(orderNo)).toMatchObject({ status: "pending" });
      await paypal.faults({ lose: true });
      await world.passes(4);
      expect(await now(orderNo)).toMatchObject({ status: "success" });
      const keys = await captureKeys(paymentId);
      expect(new Set(keys).size).toBe(2);
    },
  );

  it("a PayPal capture whose first call is still in progress is unknown, and is repeated under its key", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnheard(orderNo);
    await paypal.faults({ lose: true, code: "PREVIOUS_REQUEST_IN_PROGRESS", on: "capture" });
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    await paypal.faults({ lose: true });
    await world.passes(20);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "success" });
    expect(new Set(await captureKeys(paymentId)).size).toBe(1);
  });

  it("that is declined is tried again at the payment's usual looks, and not sooner", async () => {
    const { orderNo, paymentId } = await order();
    await world.passes(1900);
    await world.queues.drain();
    await approvedUnheard(orderNo, paypal.fail);
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

  it("that takes PayPal days is under way, never expires, and is paid when it completes", async () => {
    const { orderNo } = await order({ expires_in: 60 });
    await approvedUnheard(orderNo, paypal.start);
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    expect(await rows.order(orderNo)).toMatchObject({ provider_started: 1 });
    await world.passes(24 * 3600);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "processing" });
    await paypal.faults({});
    await paypal.payUnopened(orderNo);
    await paypal.accepted(orderNo);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "success", late_success: false });
    expect(await told(orderNo)).toEqual(["payment.success"]);
  });

  it("that takes days and is declined in the end has failed", async () => {
    const { orderNo } = await order();
    await approvedUnheard(orderNo, paypal.start);
    await now(orderNo);
    await paypal.fail(orderNo);
    await world.passes(3600);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "failed" });
    expect(await told(orderNo)).toEqual(["payment.failed"]);
  });

  it("is too late after its expiry: nothing is captured, and it ends closed", async () => {
    const { orderNo, paymentId } = await order({ expires_in: 60 });
    await world.passes(61);
    await approvedUnheard(orderNo);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
    expect(await captureKeys(paymentId)).toEqual([]);
    expect(await paypal.payments(orderNo)).toMatchObject([{ status: "open", trade_no: null }]);
  });

  it("is not begun when the merchant has closed the payment", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnheard(orderNo);
    expect(await api.close(orderNo)).toMatchObject({ status: 200, data: { status: "closed" } });
    await paypal.faults({});
    await paypal.resend(orderNo);
    await paypal.accepted(orderNo);
    await world.passes(600);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
    expect(await captureKeys(paymentId)).toEqual([]);
  });

  it("that may have begun keeps a close waiting until it can no longer happen, and is not begun again", async () => {
    const { orderNo, paymentId } = await order();
    await approvedUnheard(orderNo);
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
    expect(await told(orderNo)).toEqual(["payment.closed"]);
  });
});
