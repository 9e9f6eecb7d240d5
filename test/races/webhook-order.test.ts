import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { environmentSchema } from "../../lib/environment.ts";
import { buildGateway } from "../../lib/open-gateway.ts";
import { receiveWebhook } from "../../lib/payments/receive-webhook.ts";
import { type AlipaySignedByUs, alipaySignedByUs, type Fields } from "../kits/alipay/signed-notices.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { type SlowProvider, startSlowProvider } from "../steps/slow-provider.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let slowStripe: SlowProvider;
let alipay: AlipaySignedByUs;

beforeAll(async () => {
  world = await openWorld();
  slowStripe = await startSlowProvider(world.sandbox.simulators.stripe);
  process.env.PROVIDER_BASE_URLS = JSON.stringify({ ...world.sandbox.simulators, stripe: slowStripe.url });
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  api = apiOf(world, shop);
  alipay = await alipaySignedByUs(world, shop);
});
afterAll(async () => {
  await rows.close();
  slowStripe.stop();
  await world.stop();
});

const pay = async (input: Record<string, unknown>) => (await api.create(anOrder(input))).data.order_no;

/** Each status change increments the version, adds one timeline line and starts from the status before it. */
async function expectOneLineForEachVersion(orderNo: unknown) {
  const order = await rows.order(orderNo);
  const moves = await rows.statusLogs(orderNo);
  expect(moves).toHaveLength(Number(order.version) - 1);
  expect(["processing", ...moves.map(({ to }) => to)]).toEqual([
    ...moves.map(({ from }) => from),
    order.status,
  ]);
}

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

describe("repeated webhook events", () => {
  it("an Alipay notification received by ten processes at once settles the payment once", async () => {
    const orderNo = await pay({ config: alipay.name });
    const body = Buffer.from(alipay.notice(orderNo).body);
    const gateways = Array.from({ length: 10 }, () => buildGateway(environmentSchema.parse(process.env)));
    await Promise.all(
      gateways.map((gateway) => receiveWebhook(gateway, "alipay", alipay.configId, { body, headers: {} })),
    );
    await Promise.all(gateways.map((gateway) => gateway.close()));

    expect(await rows.order(orderNo)).toMatchObject({ status: "success", version: 3 });
    expect(await rows.notifications(orderNo)).toMatchObject([{ event: "payment.success" }]);
    await expectOneLineForEachVersion(orderNo);
    const events = await rows.query("SELECT times FROM webhook_events WHERE order_no = ?", [orderNo]);
    expect(events).toEqual([{ times: 10 }]);
    await world.queues.drain();
    const notified = (await api.inbox()).filter(({ body }) => body.includes(String(orderNo)));
    expect(notified).toHaveLength(1);
  });

  it("an Alipay notification whose handler died after recording it settles the payment when sent again", async () => {
    const orderNo = await pay({ config: alipay.name });
    const notice = alipay.notice(orderNo, { notify_id: "died-half-way" });
    await rows.query(
      `INSERT INTO webhook_events (user_id, config_id, provider, event_id, event_type, received_at)
       VALUES (?, ?, 'alipay', 'died-half-way', 'TRADE_SUCCESS', NOW(3))`,
      [shop.userId, alipay.configId],
    );
    expect((await postWebhook(world, alipay.path, notice)).body).toBe("success");
    expect(await rows.order(orderNo)).toMatchObject({ status: "success" });
  });
});

describe("webhook events in any order", () => {
  const unpaid = { gmt_payment: "" };
  const kinds: Record<string, Fields> = {
    waits: { trade_status: "WAIT_BUYER_PAY", ...unpaid },
    paid: { trade_status: "TRADE_SUCCESS" },
    finished: { trade_status: "TRADE_FINISHED" },
    closed: { trade_status: "TRADE_CLOSED", ...unpaid },
  };

  it.each(permutations(Object.keys(kinds)).map((order) => [order.join(", "), order] as const))(
    "Alipay notifications in the order %s end in a paid payment, notified once",
    async (_name, order) => {
      const orderNo = await pay({ config: alipay.name });
      const trade_no = `trade-${orderNo}`;
      for (const kind of order) {
        const notice = alipay.notice(orderNo, { trade_no, ...kinds[kind] });
        // Providers may send the same event twice at once.
        const answers = await Promise.all([1, 2].map(() => postWebhook(world, alipay.path, notice)));
        expect(answers.map(({ body }) => body)).toEqual(["success", "success"]);
      }
      const closedFirst =
        order.indexOf("closed") < Math.min(order.indexOf("paid"), order.indexOf("finished"));
      const { quiet_from } = await rows.order(orderNo);
      expect(await rows.order(orderNo)).toMatchObject({
        status: "success",
        trade_no,
        paid_at: new Date("2026-01-01T19:04:05Z"),
        late_success: closedFirst ? 1 : 0,
        version: closedFirst ? 4 : 3,
        next_poll_at: secondsAfter(quiet_from as Date, 86_400),
      });
      const events = (await rows.notifications(orderNo)).map(({ event }) => event);
      expect(events).toEqual(closedFirst ? ["payment.closed", "payment.success"] : ["payment.success"]);
      await expectOneLineForEachVersion(orderNo);
    },
  );

  it("Stripe events received at once by separate processes end in a paid payment, notified once", async () => {
    const orderNo = await pay({ provider: "stripe" });
    const stripe = stripeEvents(world, shop);
    const unpaidSession = { payment_status: "unpaid", payment_intent: "pi_1" };
    const paidSession = { payment_intent: "pi_1" };
    const calls = [
      stripe.event(orderNo, { session: unpaidSession }),
      stripe.event(orderNo, { type: "checkout.session.async_payment_succeeded", session: paidSession }),
      stripe.event(orderNo, { type: "checkout.session.async_payment_failed", session: unpaidSession }),
      stripe.event(orderNo, {
        type: "checkout.session.expired",
        session: { ...unpaidSession, status: "expired" },
      }),
    ];
    const gateways = calls.map(() => buildGateway(environmentSchema.parse(process.env)));
    await Promise.all(
      gateways.map((gateway, index) => {
        const { body, headers } = calls[index]!;
        return receiveWebhook(gateway, "stripe", shop.configs.stripe!, { body: Buffer.from(body), headers });
      }),
    );
    await Promise.all(gateways.map((gateway) => gateway.close()));
    const order = await rows.order(orderNo);
    expect(order).toMatchObject({ status: "success", trade_no: "pi_1" });
    expect(await rows.statusLogs(orderNo)).toHaveLength(Number(order.version) - 1);
    const notified = (await rows.notifications(orderNo)).filter(({ event }) => event === "payment.success");
    expect(notified).toHaveLength(1);
  });
});

describe("a webhook event that overtakes the response to the create", () => {
  it("a Stripe event that overtakes the response to the create settles, and the link is still stored", async () => {
    const stripe = simulatorOf(world, "stripe");
    const input = anOrder({ provider: "stripe" });
    // The first create with a config also fetches the account's id; only the second one's response is held.
    await api.create(anOrder({ provider: "stripe" }));
    const answered = slowStripe.hold();
    const creating = api.create(input);
    const release = await answered;
    const [{ order_no: orderNo }] = (await rows.query<{ order_no: string }>(
      "SELECT order_no FROM payment_orders WHERE out_trade_no = ?",
      [input.out_trade_no],
    )) as [{ order_no: string }];
    await stripe.payUnopened(orderNo);
    await stripe.accepted(orderNo);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", version: 2, payable: null });

    release();
    const created = await creating;
    expect(created).toMatchObject({ status: 200, data: { status: "success", order_no: orderNo } });
    expect(created.data.payment_url).toMatch(/^http/);
    expect((await api.query(orderNo)).data.payment_url).toBe(created.data.payment_url);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", version: 2 });
    expect(await rows.notifications(orderNo)).toMatchObject([{ event: "payment.success" }]);
    await expectOneLineForEachVersion(orderNo);
  });
});
