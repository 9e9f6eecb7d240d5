import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import { hearWebhook } from "../../lib/payment/hear-webhook.ts";
import type { Caller } from "../../lib/payment/ports.ts";
import { queryPayment } from "../../lib/payment/query-payment.ts";
import { recheck } from "../../lib/payment/recheck.ts";
import { returnBuyer } from "../../lib/payment/return-buyer.ts";
import { anOrder } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { accountOf } from "../steps/leased-order.ts";
import { startPaypalProxy } from "../steps/paypal-proxy.ts";
import { type Hand, paypalHand } from "../steps/provider-hands.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

/** Orders of each pair; the simulators' and the gateways' work is most of a race's time. */
const times = 100;

let world: World;
let rows: Rows;
let shop: Shop;
let caller: Caller;
let proxy: Awaited<ReturnType<typeof startPaypalProxy>>;
let paypal: SimulatorControl;
let hand: Hand;
/** As many execution environments, each with a connection of its own. */
let gateways: Gateway[];

beforeAll(async () => {
  world = await openWorld();
  proxy = await startPaypalProxy(world.sandbox.simulators.paypal);
  process.env.PROVIDER_BASE_URLS = JSON.stringify({ ...world.sandbox.simulators, paypal: proxy.url });
  rows = await openRows();
  shop = await world.openShop("paypal");
  paypal = simulatorOf(world, "paypal");
  hand = await paypalHand(world, shop, proxy.certUrl);
  // More at once than any environment works on: the budget of a config's look-ups would keep most of them back.
  const lookBudget = { within: (_config: string, work: () => Promise<void>) => work().then(() => true) };
  gateways = Array.from({ length: 6 }, (_, at) => {
    const gateway = anotherGateway();
    return { ...gateway, lookBudget, hints: { ...gateway.hints, recheck: deliverTwice(at) } };
  });
  caller = await gateways[0]!.authenticate(shop.apiKey, "query");
  // The race is between the calls below: the simulator's own webhooks stay away.
  await paypal.faults({ lose: true });
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await rows.close();
  proxy.stop();
  await world.stop();
});

type WayIn = (gateway: Gateway, orderNo: string) => Promise<unknown>;

/** The queue hands a hint that is due to two environments at the same time, as it may; what is for later stays away. */
const deliverTwice =
  (from: number): Gateway["hints"]["recheck"] =>
  async (order, due) => {
    if (due > world.clock.now()) return;
    const consumers = [gateways[(from + 1) % 6]!, gateways[(from + 2) % 6]!];
    await Promise.all(consumers.map((gateway) => recheck(gateway, { ...order, due })));
  };

const ways: Record<string, WayIn> = {
  webhook: async (gateway, orderNo) => {
    const { body, headers } = hand.earlier(orderNo);
    await hearWebhook(gateway, "paypal", hand.configId, { body: Buffer.from(body), headers });
  },
  "return page": (gateway, orderNo) => returnBuyer(gateway, "paypal", orderNo),
  "look-up": (gateway, orderNo) => queryPayment(gateway, caller, { orderNo }),
};

it("a payment that has changed since PayPal was asked about it is not captured on that word", async () => {
  const gateway = gateways[0]!;
  const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "paypal" }));
  const { payment } = (await gateway.orders.find(shop.userId, { orderNo }))!;
  const now = world.clock.now();
  const until = secondsAfter(now, 15);
  const claim = (key: string) =>
    gateway.orders.claimCapture(payment, { ...accountOf(payment), key, until, nextQueryAt: until }, now);
  const claimed = await claim(randomUUID());
  expect(claimed).toMatchObject({ status: "processing", version: payment.version + 1 });
  await gateway.orders.endCapture(claimed!, "INSTRUMENT_DECLINED", now, now);
  // Pending again, as it was when it was read.
  expect(await claim(randomUUID())).toBeNull();
  expect(await rows.order(orderNo)).toMatchObject({ status: "pending", capture_key: null });
});

it.each([
  ["webhook", "return page"],
  ["webhook", "look-up"],
  ["return page", "look-up"],
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
    // Ten races at once: who waits for a connection for longer than two seconds is turned away.
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
    const settled = await rows.query<{ status: string; version: number; told: number; moves: number }>(
      `SELECT o.status, o.version, (SELECT COUNT(*) FROM notify_queue n WHERE n.order_id = o.id) AS told,
       (SELECT COUNT(*) FROM payment_logs l WHERE l.order_id = o.id AND l.kind = 'status') AS moves
     FROM payment_orders o WHERE o.order_no IN (?)`,
      [numbers],
    );
    expect(settled).toEqual(Array(times).fill({ status: "success", version: 4, told: "1", moves: "3" }));
    const inLedger = (await Promise.all(numbers.slice(0, 5).map(paypal.payments))).flat();
    expect(inLedger).toMatchObject(Array(5).fill({ status: "paid", created: 1 }));
  },
  60_000,
);
