import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
});
afterAll(() => world.stop());

const everyScene = Object.entries(providers).flatMap(([provider, { scenes }]) =>
  Object.keys(scenes).map((scene) => [provider, scene] as const),
);

describe("payments", () => {
  it.each(everyScene)(
    "a payment through %s in scene %s succeeds, and the merchant is notified once with a valid signature",
    async (provider, scene) => {
      const simulator = simulatorOf(world, provider);
      const created = await api.create(anOrder({ provider, scene, metadata: { cart: "7" } }));
      expect(created).toMatchObject({
        status: 200,
        code: 0,
        message: "success",
        data: { status: "pending" },
      });
      const orderNo = String(created.data.order_no);

      await simulator.pay(created.data);
      await simulator.accepted(orderNo);
      await world.queues.drain();

      const { data } = await api.query(orderNo);
      expect(data).toMatchObject({
        status: "success",
        amount: 12.34,
        currency: "CNY",
        notify_status: "success",
        late_success: false,
      });
      const [payment] = await simulator.payments(orderNo);
      expect(data.trade_no).toBe(payment?.trade_no);

      const notified = (await api.inbox()).filter(({ body }) => body.includes(orderNo));
      expect(notified).toHaveLength(1);
      const { body, headers } = notified[0]!;
      // The verifier compares the timestamp with the wall clock; the gateway's clock may have been moved.
      vi.useFakeTimers({ toFake: ["Date"], now: world.clock.now() });
      expect(new Webhook(shop.webhookSecret).verify(body, headers)).toMatchObject({
        event: "payment.success",
        event_id: headers["webhook-id"],
        order_no: orderNo,
        amount: 12.34,
        metadata: { cart: "7" },
      });
      vi.useRealTimers();
    },
  );
});

describe.each(Object.keys(providers))("payments through %s", (provider) => {
  it(`create and query through ${provider} return exactly the fields of the contract`, async () => {
    const { data } = await api.create(anOrder({ provider }));
    const created = [
      "order_no",
      "payment_url",
      "payment_id",
      "qr_code",
      "extra_data",
      "status",
      "expires_at",
      "payable_until",
      "livemode",
    ];
    expect(Object.keys(data)).toEqual(created);
    const seen = await api.query(String(data.order_no));
    expect(Object.keys(seen.data).sort()).toEqual(
      [
        "order_no",
        "out_trade_no",
        "provider",
        "trade_no",
        "subject",
        "body",
        "amount",
        "currency",
        "status",
        "payment_time",
        "created_at",
        "updated_at",
        "scene",
        "payment_id",
        "payment_url",
        "qr_code",
        "refunded_amount",
        "expires_at",
        "payable_until",
        "closed_at",
        "metadata",
        "version",
        "late_success",
        "livemode",
        "looked_up_at",
        "notify_status",
      ].sort(),
    );
  });

  it(`a payment through ${provider} is settled by polls when every webhook is lost`, async () => {
    const simulator = simulatorOf(world, provider);
    await simulator.faults({ lose: true });
    const created = await api.create(anOrder({ provider }));
    const orderNo = String(created.data.order_no);
    await simulator.pay(created.data);
    await simulator.faults({});

    await world.passes(16);
    await world.queues.drain();
    const { data } = await api.call("GET", `/api/v1/payment/timeline/${orderNo}`);
    expect(data.items).toContainEqual(expect.objectContaining({ kind: "look_up" }));
    expect((await api.query(orderNo)).data).toMatchObject({ status: "success", notify_status: "success" });
  });

  it(`an unpaid payment through ${provider} is closed after its expiry and the merchant is notified`, async () => {
    const created = await api.create(anOrder({ provider, expires_in: 60 }));
    const orderNo = String(created.data.order_no);
    await world.passes(120);
    await world.queues.drain();
    expect((await api.query(orderNo)).data).toMatchObject({ status: "closed", notify_status: "success" });
    const notified = (await api.inbox()).filter(({ body }) => body.includes(orderNo));
    expect(notified.map(({ body }) => JSON.parse(body).event)).toEqual(["payment.closed"]);
  });
});
