import { Stripe } from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { applyEvents } from "../../lib/payments/apply-events.ts";
import { claimClose } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { accountOf } from "../steps/leased-order.ts";
import { storedMoves, storedOrders } from "../steps/ledgers.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;
let alipay: SimulatorControl;
let stripe: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
  alipay = simulatorOf(world, "alipay");
  stripe = simulatorOf(world, "stripe");
});
afterEach(async () => {
  await alipay.faults({});
  await stripe.faults({});
});
afterAll(() => world.stop());

const openPayPage = async ({ payment_url }: Data) => void (await (await fetch(String(payment_url))).text());
const now = async (orderNo: unknown) => (await api.query(String(orderNo))).data;
const notified = async (orderNo: unknown) =>
  (await api.inbox())
    .map(({ body }) => JSON.parse(body) as Data)
    .filter(({ order_no }) => order_no === orderNo)
    .map(({ event }) => event);

async function paid(provider: "alipay" | "stripe", order = anOrder({ provider })): Promise<Data> {
  const { data } = await api.create(order);
  await simulatorOf(world, provider).pay(data);
  await until(async () => (await now(data.order_no)).status === "success");
  return data;
}

describe("closing payments", () => {
  it("closing a Stripe payment expires its session, notifies once and returns the same when repeated", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const closed = await api.close(String(data.order_no));
    expect(closed).toMatchObject({ status: 200, data: { status: "closed", order_no: data.order_no } });
    expect(closed.data.closed_at).toEqual(expect.any(String));
    expect(await stripe.payments(String(data.order_no))).toMatchObject([{ status: "closed" }]);

    await world.queues.drain();
    const again = await api.close(String(data.order_no));
    expect(again.data).toEqual({ ...closed.data, notify_status: "success" });
    expect(await notified(data.order_no)).toEqual(["payment.closed"]);
  });

  it("closing an Alipay payment closes the trade that the buyer has opened", async () => {
    const { data } = await api.create(anOrder());
    await openPayPage(data);
    expect(await api.close(String(data.order_no))).toMatchObject({ status: 200, data: { status: "closed" } });
    expect(await alipay.payments(String(data.order_no))).toMatchObject([{ status: "closed" }]);
  });

  it("closing an Alipay payment with an unopened link waits until the buyer opens the link", async () => {
    const { data } = await api.create(anOrder());
    const orderNo = String(data.order_no);
    const refused = await api.close(orderNo);
    expect(refused).toMatchObject({ status: 409, code: 2004, order_no: orderNo });
    expect(refused.message).toContain(`link valid until ${data.expires_at}`);
    expect(await now(orderNo)).toMatchObject({ status: "pending" });
    expect(await storedOrders(await outTradeNo(data))).toMatchObject([{ state: "payable" }]);

    await openPayPage(data);
    await world.passes(16);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
    expect(await alipay.payments(orderNo)).toMatchObject([{ status: "closed" }]);
    expect(await notified(orderNo)).toEqual(["payment.closed"]);
  });

  it("closing a payment that never got a link does not wait for its expiry", async () => {
    await stripe.faults({ status: 503 });
    const input = anOrder({ provider: "stripe", expires_in: 86_400 });
    const { order_no: orderNo } = await api.create(input);
    expect(await api.close(String(orderNo))).toMatchObject({ status: 502, code: 2004 });
    await world.passes(60);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
    await stripe.faults({});
    expect(await api.create(input)).toMatchObject({ status: 409, code: 2008 });
  });

  it("a payment whose close died half-way can be paid again after a poll finds it open", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const { db } = openGateway();
    const { payment } = (await findOrder(db, shop.userId, { orderNo: String(data.order_no) }))!;
    await claimClose(db, payment);
    expect(await now(data.order_no)).toMatchObject({ status: "pending" });
    expect(await storedOrders(await outTradeNo(data))).toMatchObject([{ state: "payable" }]);
  });

  it("an opened Alipay payment without a close request stays open", async () => {
    const { data } = await api.create(anOrder());
    await openPayPage(data);
    await world.passes(16);
    await world.queues.drain();
    expect(await now(data.order_no)).toMatchObject({ status: "pending" });
  });

  it.each(["alipay", "stripe"] as const)("closing a paid %s payment is refused", async (provider) => {
    const { order_no } = await paid(provider);
    const refused = await api.close(String(order_no));
    expect(refused).toMatchObject({ status: 409, code: 2008, order_no });
    expect(await now(order_no)).toMatchObject({ status: "success" });
  });

  it.each(["alipay", "stripe"] as const)(
    "closing a payment through %s whose paid webhook was lost finds that it is paid",
    async (provider) => {
      const simulator = simulatorOf(world, provider);
      await simulator.faults({ lose: true });
      const { data } = await api.create(anOrder({ provider }));
      await simulator.pay(data);
      expect(await api.close(String(data.order_no))).toMatchObject({ status: 409, code: 2008 });
      expect(await now(data.order_no)).toMatchObject({ status: "success", late_success: false });
    },
  );

  it("closing a payment whose money is in transit is refused", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    await stripe.start(String(data.order_no));
    expect(await api.close(String(data.order_no))).toMatchObject({ status: 409, code: 2004 });
    expect(await now(data.order_no)).toMatchObject({ status: "processing" });
  });

  const faults: ["alipay" | "stripe", Data][] = [
    ["alipay", { html: true, status: 502 }],
    ["alipay", { unsigned: true }],
    ["stripe", { html: true, status: 502 }],
    ["stripe", { status: 401 }],
  ];
  it.each(faults)(
    "a close without a usable response of %s (%o) changes nothing and is done later",
    async (provider, fault) => {
      const { data } = await api.create(anOrder({ provider }));
      await openPayPage(data);
      await simulatorOf(world, provider).faults(fault);
      const failed = await api.close(String(data.order_no));
      expect(failed).toMatchObject({ status: 502, code: 2004, order_no: data.order_no });
      expect(await storedOrders(await outTradeNo(data))).toMatchObject([
        { status: "pending", state: "closing", close_requested: 1 },
      ]);

      await simulatorOf(world, provider).faults({});
      await world.passes(16);
      await world.queues.drain();
      expect(await now(data.order_no)).toMatchObject({ status: "closed" });
    },
  );

  it("closing an unknown payment is refused as not found", async () => {
    expect(await api.close("UNI20260101000000AAAAAAAAAAAAAAA")).toMatchObject({ status: 404, code: 2007 });
  });
});

const outTradeNo = async ({ order_no }: Data) => (await now(order_no)).out_trade_no;

describe("late provider events", () => {
  it("a late paid event makes a closed payment succeed, raises an alarm and notifies the merchant", async () => {
    // Stripe makes the session but its response is lost: the order is closed, and then the buyer pays the session.
    const order = anOrder({ provider: "stripe", expires_in: 60 });
    await stripe.faults({ timeout_after_success: true });
    const lost = await api.create(order);
    expect(lost.status).toBe(504);
    await stripe.faults({ html: true, status: 503 });
    await world.passes(61);
    await world.queues.drain();
    expect(await now(lost.order_no)).toMatchObject({ status: "closed", late_success: false });

    await stripe.faults({});
    const [session] = await stripe.payments(String(lost.order_no));
    const payment_url = `${world.sandbox.simulators.stripe}/c/pay/${session!.payment_id}`;
    const log = await logOf(async () => {
      await stripe.pay({ order_no: lost.order_no, payment_url });
      await until(async () => (await now(lost.order_no)).status === "success");
    });
    const alarm = { level: "error", message: "late success", order_no: lost.order_no };
    expect(log).toContainEqual(expect.objectContaining(alarm));
    await world.queues.drain();
    expect(await now(lost.order_no)).toMatchObject({ late_success: true, notify_status: "success" });
    expect(await notified(lost.order_no)).toEqual(["payment.closed", "payment.success"]);
    const [row] = await storedOrders(order.out_trade_no);
    expect(await storedMoves(row!.id)).toEqual(["processing>closed", "closed>success"]);
  });

  it.each(["checkout.session.expired", "checkout.session.async_payment_failed"])(
    "a late webhook of type %s cannot undo a success",
    async (type) => {
      const order = anOrder({ provider: "stripe" });
      const { order_no, payment_id } = await paid("stripe", order);
      const before = await now(order_no);
      const session = {
        id: payment_id,
        object: "checkout.session",
        client_reference_id: order_no,
        metadata: { order_no },
        payment_status: "unpaid",
        status: type.endsWith("expired") ? "expired" : "complete",
        amount_total: 1234,
        currency: "cny",
        payment_intent: null,
        url: null,
      };
      const event = {
        id: `evt_${String(order_no)}`,
        object: "event",
        type,
        created: Math.floor(world.clock.now().getTime() / 1000),
        livemode: false,
        data: { object: session },
      };
      expect(await stripeSays(event)).toBe(200);
      expect(await now(order_no)).toEqual(before);
      const [row] = await storedOrders(order.out_trade_no);
      expect(await storedMoves(row!.id)).toEqual(["processing>pending", "pending>success"]);
    },
  );

  it.each(["closed", "failed"] as const)(
    "a poll that began before the payment succeeded cannot undo the success: %s",
    async (kind) => {
      const gateway = openGateway();
      const { data } = await api.create(anOrder({ provider: "stripe" }));
      const read = await findOrder(gateway.db, shop.userId, { orderNo: String(data.order_no) });
      await stripe.pay(data);
      await until(async () => (await now(data.order_no)).status === "success");
      const before = await now(data.order_no);

      const event = { kind, orderNo: String(data.order_no), why: "an old response" };
      const source = {
        ...accountOf(read!.payment),
        userId: shop.userId,
        configId: shop.configs.stripe!,
        provider: "stripe",
        source: "poll",
      } as const;
      await applyEvents(gateway, read!.payment, [event], source);
      expect(await now(data.order_no)).toEqual(before);
    },
  );
});

/** Posts a webhook with a valid Stripe signature; returns the HTTP status. */
async function stripeSays(event: object): Promise<number> {
  const payload = JSON.stringify(event);
  const timestamp = Math.floor(world.clock.now().getTime() / 1000);
  const secret = shop.accounts.stripe!.webhook_secret!;
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  const url = `${world.front.url}/api/v1/public/notify/stripe/${shop.configs.stripe}`;
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  return (await fetch(url, { method: "POST", headers, body: payload })).status;
}
