import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { type OneConfig, oneConfig, openAccount } from "../steps/generations.ts";
import { accountOf } from "../steps/leased-order.ts";
import { aRefundNo, refundsOf } from "../steps/paid-order.ts";
import { until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  // Each test brings accounts of its own.
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(() => world.stop());

const hours = (count: number) => count * 3600;

/** PayPal has taken the money, and the process that asked for it ended before it knew. */
async function captureAndDie(orderNo: string): Promise<void> {
  const gateway = anotherGateway();
  const { payment } = (await gateway.orders.find(shop.userId, { orderNo }))!;
  const config = await gateway.configs.of(payment);
  const now = world.clock.now();
  const capture = { key: randomUUID(), until: now, nextQueryAt: now };
  const claimed = await gateway.orders.claimCapture(payment, { ...accountOf(payment), ...capture }, now);
  await config.adapter.capture!(claimed!, capture.key);
  await gateway.close();
}

describe.each(Object.keys(providers))("a %s config whose name another account has taken", (provider) => {
  let config: OneConfig;
  let a: Awaited<ReturnType<typeof openAccount>>;
  let b: typeof a;
  let first: string;
  beforeAll(async () => {
    config = await oneConfig(world, shop, provider);
    [a, b] = [await openAccount(world, provider), await openAccount(world, provider)];
    first = (await config.set(a.credentials)).config_id;
  });
  afterAll(() => config.rows.close());

  /** What only account A can say of the order; nothing of it is at account B. */
  const atProvider = async (orderNo: unknown) =>
    (await config.simulator.payments(String(orderNo))).map(({ account, status }) => [account, status]);

  it("goes on with its orders: money whose webhook was lost is found by the poll, after the replacement", async () => {
    const created = await config.create();
    await config.payUnheard(created);
    expect(await config.set(b.credentials)).toMatchObject({
      did: "replaced",
      account: b.account,
      replaced_config_id: first,
    });
    expect(await config.states()).toMatchObject([
      [first, 2],
      [expect.anything(), 1],
    ]);
    await config.passes(60);
    expect(await config.order(created)).toMatchObject({
      status: "success",
      config_id: first,
      provider_account: a.account,
    });
    await config.set(a.credentials);
  });

  it("goes on with its orders at their expiry: paid is settled, not closed by the account that knows no such order", async () => {
    const created = await config.create();
    await world.passes(hours(1) + 3000);
    // Nobody asks in between, as after an outage.
    await world.queues.lose();
    await config.payUnheard(created);
    if (provider === "paypal") await captureAndDie(String(created.order_no));
    await config.set(b.credentials);
    await config.passes(hours(1));
    expect(await config.order(created)).toMatchObject({ status: "success" });
    expect(await config.set(a.credentials)).toMatchObject({ did: "restored", config_id: first });
  });

  it("closes its unpaid orders at its own account", async () => {
    const created = await config.create();
    await config.set(b.credentials);
    const { status } = await api.close(String(created.order_no));
    if (provider === "alipay") {
      // No trade exists before the buyer opens the link, and only its time ends it.
      await config.passes(hours(2) + 60);
    } else expect(status).toBe(200);
    expect(await config.order(created)).toMatchObject({ status: "closed" });
    const open = (await atProvider(created.order_no)).filter(([, state]) => state === "open");
    if (provider === "stripe" || provider === "wechat") expect(open).toEqual([]);
    await config.set(a.credentials);
  });

  it("settles by webhooks that come to its own URL, and to no other", async () => {
    const created = await config.create();
    await config.set(b.credentials);
    await config.simulator.pay(created);
    await config.simulator.accepted(String(created.order_no));
    await world.queues.drain();
    expect(await config.order(created)).toMatchObject({ status: "success", provider_account: a.account });
    await config.set(a.credentials);
  });

  it("gives money back once, though the answer was lost and the account replaced before the next look", async () => {
    const created = await config.create({ amount: "100.00" });
    await config.simulator.pay(created);
    const orderNo = String(created.order_no);
    await until(async () => {
      await world.queues.drain();
      return (await config.order(created)).status === "success";
    });
    const { ask, now } = refundsOf(api);
    const wanted = { order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" };
    await config.simulator.faults({ timeout_after_success: true, lose: true });
    expect(await ask(wanted)).toMatchObject({ status: 504, code: 2003 });
    await config.simulator.faults({});
    await config.set(b.credentials);
    await world.passes(20);
    await until(async () => {
      await world.queues.drain();
      return (await now(wanted.refund_no)).status === "success";
    });
    await config.set(a.credentials);
    expect(await ask(wanted)).toMatchObject({ status: 200, data: { status: "success" } });
    expect(await config.simulator.payments(orderNo)).toMatchObject([
      { account: a.account, refunded_minor: 3000 },
    ]);
  });

  it("makes an order whose answer was lost at its own account alone", async () => {
    const order = anOrder({ provider, config: config.name, ...(provider === "alipay" && { scene: "qr" }) });
    await config.simulator.faults({ timeout_after_success: true });
    expect(await api.create(order)).toMatchObject({ status: 504 });
    await config.simulator.faults({});
    await config.set(b.credentials);
    const again = await api.create(order);
    expect(again).toMatchObject({ status: 200 });
    if (provider === "alipay") await config.simulator.payUnopened(String(again.data.order_no));
    const accounts = (await atProvider(again.data.order_no)).map(([account]) => account);
    expect(accounts).toEqual([a.account]);
    expect(await config.order(again.data)).toMatchObject({ provider_account: a.account, config_id: first });
    await config.set(a.credentials);
  });

  it("comes back to its own row, however often the two change places, while new orders go to whoever has the name", async () => {
    const [, second] = (await config.states()).map(([id]) => id);
    for (const [own, id] of [
      [b, second],
      [a, first],
      [b, second],
    ] as const) {
      expect(await config.set(own.credentials)).toMatchObject({ config_id: id, did: "restored" });
      const gateway = anotherGateway();
      const made = await createThrough(gateway, shop, anOrder({ provider, config: config.name }));
      await gateway.close();
      expect(await config.order(made)).toMatchObject({ config_id: id, provider_account: own.account });
    }
    expect(await config.states()).toEqual([
      [first, 2],
      [second, 1],
    ]);
    await config.set(a.credentials);
  });
});
