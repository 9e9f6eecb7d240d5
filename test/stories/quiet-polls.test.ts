import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits, providerNames as providers } from "../kits/kits.ts";
import { type Api, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

const day = 86_400;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop(...providers);
  api = apiOf(world, shop);
});
afterEach(async () => {
  for (const provider of providers) await simulatorOf(world, provider).faults({});
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

async function days(count: number): Promise<void> {
  await world.passes(count * day + 60);
  await invoke("sweep", {});
  await world.queues.drain();
}

/** Makes a refund in the provider's dashboard; its webhook is lost. */
async function refundNotNotified(provider: ProviderName, orderNo: string, amount: string): Promise<void> {
  const simulator = simulatorOf(world, provider);
  await simulator.faults({ lose: true });
  await simulator.refund(orderNo, amount);
  await simulator.faults({});
}

const requested = async (orderNo: string) =>
  (await api.timeline(orderNo)).filter(({ kind }) => kind === "look_up").length;
const anomaliesOf = async (orderNo: string, provider: string) =>
  (await rows.anomalies(shop.configs[provider]!)).filter(({ order_no }) => order_no === orderNo);

describe.each(providers)("polls of payments paid with %s", (provider) => {
  it(`a payment paid with ${provider} is polled after a day and a week; no news adds no line`, async () => {
    const orderNo = await paidOrder(world, api, provider);
    const before = await rows.order(orderNo);
    const quietFrom = before.quiet_from as Date;
    const lines = await requested(orderNo);
    expect(before.next_poll_at).toEqual(secondsAfter(quietFrom, day));
    await days(1);
    expect(await rows.order(orderNo)).toMatchObject({
      poll_count: Number(before.poll_count) + 1,
      next_poll_at: secondsAfter(quietFrom, 7 * day),
    });
    await days(6);
    await days(1);
    expect(await rows.order(orderNo)).toMatchObject({
      poll_count: Number(before.poll_count) + 2,
      next_poll_at: null,
      version: before.version,
    });
    expect(await requested(orderNo)).toBe(lines);
    expect(await anomaliesOf(orderNo, provider)).toEqual([]);
  });

  it(`a payment paid with ${provider} is not polled once its polls are turned off`, async () => {
    const orderNo = await paidOrder(world, api, provider);
    const { poll_count } = await rows.order(orderNo);
    await rows.query("UPDATE payment_orders SET quiet_from = NULL, next_poll_at = NULL WHERE order_no = ?", [
      orderNo,
    ]);
    await days(7);
    expect(await rows.order(orderNo)).toMatchObject({ poll_count, next_poll_at: null });
  });
});

describe.each(providers)("dashboard refunds of %s whose webhook was lost", (provider) => {
  it.each([1, 7])(
    `a ${provider} dashboard refund without a webhook is found by the poll on day %i`,
    async (after) => {
      const { amount, refunded, raised } = kits[provider].dashboardRefund;
      const orderNo = await paidOrder(world, api, provider);
      const lines = await requested(orderNo);
      if (after === 7) await days(1);
      await refundNotNotified(provider, orderNo, amount);
      await days(after === 7 ? 6 : 1);
      expect(await rows.order(orderNo)).toMatchObject({ status: "success", refunded_minor: refunded });
      expect((await anomaliesOf(orderNo, provider)).map(({ kind }) => kind)).toEqual(raised);
      expect(await requested(orderNo)).toBe(lines + (refunded === "0" ? 0 : 1));
    },
  );
});
