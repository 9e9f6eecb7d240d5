import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimCapture } from "../../lib/storage/payments/captures.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { calledScene, kits, providerNames } from "../kits/kits.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { type OneConfig, oneConfig, openAccount } from "../steps/generations.ts";
import { accountOf } from "../steps/leased-order.ts";
import { aRefundNo, refundsOf } from "../steps/paid-order.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  // Each test opens its own accounts.
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(() => world.stop());

const hours = (count: number) => count * 3600;

/** The money is captured, and our process ended before it received the response. */
async function captureAndDie(orderNo: string): Promise<void> {
  const gateway = anotherGateway();
  const { payment } = (await findOrder(gateway.db, shop.userId, { orderNo }))!;
  const config = await gateway.configs.of(payment);
  const now = world.clock.now();
  const capture = { key: randomUUID(), until: now, nextPollAt: now };
  const claimed = await claimCapture(gateway.db, payment, { ...{ ...accountOf(payment), ...capture }, now });
  await config.adapter.capture!(claimed!, capture.key);
  await gateway.close();
}

describe.each(providerNames)("replaced %s configs", (provider) => {
  const { contract } = kits[provider];
  const [defaultScene] = Object.values(contract.scenes);
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

  /** The account and status of the order's payments at the provider. */
  const atProvider = async (orderNo: unknown) =>
    (await config.simulator.payments(String(orderNo))).map(({ account, status }) => [account, status]);

  it(`a replaced ${provider} config still polls its orders, so a payment with a lost webhook is found`, async () => {
    const created = await config.create();
    await config.payUnseen(created);
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

  it(`a paid order of a replaced ${provider} config is settled at its expiry, not closed`, async () => {
    const created = await config.create();
    await world.passes(hours(1) + 3000);
    // No poll runs in between, as in an outage.
    await world.queues.lose();
    await config.payUnseen(created);
    if (contract.claims.includes("capture")) await captureAndDie(String(created.order_no));
    await config.set(b.credentials);
    await config.passes(hours(1));
    expect(await config.order(created)).toMatchObject({ status: "success" });
    expect(await config.set(a.credentials)).toMatchObject({ did: "restored", config_id: first });
  });

  it(`an unpaid order of a replaced ${provider} config is closed at its own account`, async () => {
    const created = await config.create();
    await config.set(b.credentials);
    const { status } = await api.close(String(created.order_no));
    if (defaultScene!.beginsWithBuyer) {
      // Nothing exists there before the buyer opens the link, so only the link's expiry closes the order.
      await config.passes(hours(2) + 60);
    } else expect(status).toBe(200);
    expect(await config.order(created)).toMatchObject({ status: "closed" });
    const open = (await atProvider(created.order_no)).filter(([, state]) => state === "open");
    if (!defaultScene!.beginsWithBuyer && !contract.offline.includes("close")) expect(open).toEqual([]);
    await config.set(a.credentials);
  });

  it(`an order of a replaced ${provider} config is settled by webhooks to the old config's URL`, async () => {
    const created = await config.create();
    await config.set(b.credentials);
    await config.simulator.pay(created);
    await config.simulator.accepted(String(created.order_no));
    await world.queues.drain();
    expect(await config.order(created)).toMatchObject({ status: "success", provider_account: a.account });
    await config.set(a.credentials);
  });

  it(`a refund with a lost ${provider} response is made once though its config is replaced`, async () => {
    const created = await config.create({ amount: "100.00" });
    await config.simulator.pay(created);
    const orderNo = String(created.order_no);
    await until(async () => {
      await world.queues.drain();
      return (await config.order(created)).status === "success";
    });
    const { ask, now } = refundsOf(api);
    const input = { order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" };
    await config.simulator.faults({ timeout_after_success: true, lose: true });
    expect(await ask(input)).toMatchObject({ status: 504, code: 2003 });
    await config.simulator.faults({});
    await config.set(b.credentials);
    await world.passes(20);
    await until(async () => {
      await world.queues.drain();
      return (await now(input.refund_no)).status === "success";
    });
    await config.set(a.credentials);
    expect(await ask(input)).toMatchObject({ status: 200, data: { status: "success" } });
    expect(await config.simulator.payments(orderNo)).toMatchObject([
      { account: a.account, refunded_minor: 3000 },
    ]);
  });

  it(`a create with a lost ${provider} response is resumed at its own account after a replacement`, async () => {
    const scene = calledScene(provider);
    const order = anOrder({ provider, config: config.name, scene });
    await config.simulator.faults({ timeout_after_success: true });
    expect(await api.create(order)).toMatchObject({ status: 504 });
    await config.simulator.faults({});
    await config.set(b.credentials);
    const again = await api.create(order);
    expect(again).toMatchObject({ status: 200 });
    if (contract.scenes[scene]!.beginsWithBuyer)
      await config.simulator.payUnopened(String(again.data.order_no));
    const accounts = (await atProvider(again.data.order_no)).map(([account]) => account);
    expect(accounts).toEqual([a.account]);
    expect(await config.order(again.data)).toMatchObject({ provider_account: a.account, config_id: first });
    await config.set(a.credentials);
  });

  it(`a ${provider} config set again is restored to its own row, and new orders use the active config`, async () => {
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
