import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Caller } from "../../lib/domain/caller.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { pollPayment } from "../../lib/payments/poll-payment.ts";
import { queryPayment } from "../../lib/payments/query-payment.ts";
import { receiveWebhook } from "../../lib/payments/receive-webhook.ts";
import { returnBuyer } from "../../lib/payments/return-buyer.ts";
import { claimCapture, endCapture } from "../../lib/storage/payments/captures.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { openPaypalSigner } from "../kits/paypal/signer.ts";
import type { Signer } from "../kits/signer.ts";
import { anOrder } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { accountOf } from "../steps/leased-order.ts";
import { startPaypalProxy } from "../steps/paypal-proxy.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

/** Orders in each race. */
const times = 100;

let world: World;
let rows: Rows;
let shop: Shop;
let caller: Caller;
let proxy: Awaited<ReturnType<typeof startPaypalProxy>>;
let paypal: SimulatorControl;
let signer: Signer;
/** Six execution environments, each with its own database connection. */
let gateways: Gateway[];

beforeAll(async () => {
  world = await openWorld();
  proxy = await startPaypalProxy(world.sandbox.simulators.paypal);
  process.env.PROVIDER_BASE_URLS = JSON.stringify({ ...world.sandbox.simulators, paypal: proxy.url });
  rows = await openRows();
  shop = await world.openShop("paypal");
  paypal = simulatorOf(world, "paypal");
  signer = await openPaypalSigner(world, shop, proxy.url);
  // No limit: more polls run at once than in a real environment, and the limiter of a config would skip most of them.
  const pollLimiter = { within: (_config: string, work: () => Promise<void>) => work().then(() => true) };
  gateways = Array.from({ length: 6 }, (_, at) => {
    const gateway = anotherGateway();
    return { ...gateway, pollLimiter, wakeUps: { ...gateway.wakeUps, pollPayment: deliverTwice(at) } };
  });
  caller = await gateways[0]!.authenticate(shop.apiKey, "query");
  // The race is between the calls below, so the simulator sends no webhooks.
  await paypal.faults({ lose: true });
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await rows.close();
  proxy.stop();
  await world.stop();
});

type WayIn = (gateway: Gateway, orderNo: string) => Promise<unknown>;

/** Delivers a due wake-up to two environments at once, as SQS may do; drops a wake-up that is due later. */
const deliverTwice =
  (from: number): Gateway["wakeUps"]["pollPayment"] =>
  async (order, due) => {
    if (due > world.clock.now()) return;
    const consumers = [gateways[(from + 1) % 6]!, gateways[(from + 2) % 6]!];
    await Promise.all(consumers.map((gateway) => pollPayment(gateway, { ...order, due })));
  };

const ways: Record<string, WayIn> = {
  webhook: async (gateway, orderNo) => {
    const { body, headers } = signer.earlier(orderNo);
    await receiveWebhook(gateway, "paypal", signer.configId, { body: Buffer.from(body), headers });
  },
  "return page": (gateway, orderNo) => returnBuyer(gateway, "paypal", orderNo),
  poll: (gateway, orderNo) => queryPayment(gateway, caller, { orderNo }),
};

it("a payment that has changed since it was fetched from PayPal is not captured on that response", async () => {
  const gateway = gateways[0]!;
  const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "paypal" }));
  const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo }))!;
  const now = world.clock.now();
  const until = secondsAfter(now, 15);
  const claim = (key: string) =>
    claimCapture(gateway.db, payment, { ...{ ...accountOf(payment), key, until, nextPollAt: until }, now });
  const claimed = await claim(randomUUID());
  expect(claimed).toMatchObject({ status: "processing", version: payment.version + 1 });
  await endCapture(gateway.db, claimed!, { why: "INSTRUMENT_DECLINED", now, nextPollAt: now });
  // The payment is pending again, but its version is newer than the one that was read.
  expect(await claim(randomUUID())).toBeNull();
  expect(await rows.order(orderNo)).toMatchObject({ status: "pending", capture_key: null });
});

it.each([
  ["webhook", "return page"],
  ["webhook", "poll"],
  ["return page", "poll"],
] as const)(
  "the %s and the %s at once capture each approved payment exactly once",
  async (one, other) => {
    const orders = await Promise.all(
      Array.from({ length: times }, (_, at) =>
        createThrough(gateways[at % 6]!, shop, anOrder({ provider: "paypal", amount: "1.00" })),
      ),
    );
    await Promise.all(orders.map(({ order_no }) => paypal.approve(order_no)));
    const before = (await paypal.calls()).length;
    // Ten races at once: waiting for a connection for more than two seconds is an error.
    for (let from = 0; from < times; from += 10) {
      await Promise.all(
        orders.slice(from, from + 10).map(async ({ order_no: orderNo }, at) => {
          const [first, second] = [gateways[at % 3]!, gateways[3 + (at % 3)]!];
          await Promise.all([ways[one]!(first, orderNo), ways[other]!(second, orderNo)]);
        }),
      );
    }
    const captures = new Map<string, Set<string>>();
    let posts = 0;
    for (const { method, path, headers } of (await paypal.calls()).slice(before)) {
      const [, id] = /^\/v2\/checkout\/orders\/(\w+)\/capture$/.exec(path) ?? [];
      if (method !== "POST" || !id) continue;
      posts += 1;
      captures.set(id, (captures.get(id) ?? new Set()).add(headers["paypal-request-id"]!));
    }
    expect(posts).toBe(times);
    expect([...captures.values()].map(({ size }) => size)).toEqual(Array(times).fill(1));

    const numbers = orders.map(({ order_no }) => order_no);
    const settled = await rows.query<{ status: string; version: number; notified: number; moves: number }>(
      `SELECT o.status, o.version, (SELECT COUNT(*) FROM deliveries n WHERE n.order_id = o.id) AS notified,
       (SELECT COUNT(*) FROM payment_logs l WHERE l.order_id = o.id AND l.kind = 'status') AS moves
     FROM payment_orders o WHERE o.order_no IN (?)`,
      [numbers],
    );
    expect(settled).toEqual(Array(times).fill({ status: "success", version: 4, notified: "1", moves: "3" }));
    const inLedger = (await Promise.all(numbers.slice(0, 5).map(paypal.payments))).flat();
    expect(inLedger).toMatchObject(Array(5).fill({ status: "paid", created: 1 }));
  },
  60_000,
);
