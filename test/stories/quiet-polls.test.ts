import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
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

const providers = ["alipay", "wechat", "stripe", "paypal"] as const;
type ProviderName = (typeof providers)[number];
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

/** A refund in the provider's console whose webhook is lost. */
async function refundUntold(provider: ProviderName, orderNo: string, amount: string): Promise<void> {
  const simulator = simulatorOf(world, provider);
  await simulator.faults({ lose: true });
  await simulator.refund(orderNo, amount);
  await simulator.faults({});
}

const asked = async (orderNo: string) =>
  (await api.timeline(orderNo)).filter(({ kind }) => kind === "look_up").length;
const anomaliesOf = async (orderNo: string, provider: string) =>
  (await rows.anomalies(shop.configs[provider]!)).filter(({ order_no }) => order_no === orderNo);

describe.each(providers)("a payment that was paid with %s", (provider) => {
  it("is asked about a day and a week later and never again, without a line where there is no news", async () => {
    const orderNo = await paidOrder(world, api, provider);
    const before = await rows.order(orderNo);
    const quietFrom = before.quiet_from as Date;
    const lines = await asked(orderNo);
    expect(before.next_query_at).toEqual(secondsAfter(quietFrom, day));
    await days(1);
    expect(await rows.order(orderNo)).toMatchObject({
      look_ups: Number(before.look_ups) + 1,
      next_query_at: secondsAfter(quietFrom, 7 * day),
    });
    await days(6);
    await days(1);
    expect(await rows.order(orderNo)).toMatchObject({
      look_ups: Number(before.look_ups) + 2,
      next_query_at: null,
      version: before.version,
    });
    expect(await asked(orderNo)).toBe(lines);
    expect(await anomaliesOf(orderNo, provider)).toEqual([]);
  });

  it("is not asked about where its polls are turned off", async () => {
    const orderNo = await paidOrder(world, api, provider);
    const { look_ups } = await rows.order(orderNo);
    await rows.query("UPDATE payment_orders SET quiet_from = NULL, next_query_at = NULL WHERE order_no = ?", [
      orderNo,
    ]);
    await days(7);
    expect(await rows.order(orderNo)).toMatchObject({ look_ups, next_query_at: null });
  });
});

/** What each provider's answer about the payment tells of a refund that was made in its console. */
const tells: Record<ProviderName, { of: string; refunded: string; raised: string[] }> = {
  // trade.query has the trade's state alone, and a trade that was refunded in full is closed:
  // https://opendocs.alipay.com/open/82ea786a_alipay.trade.query
  alipay: { of: "100.00", refunded: "10000", raised: [] },
  // trade_state REFUND does not say how much was given back: a person must look.
  // https://pay.weixin.qq.com/doc/v3/merchant/4012791880
  wechat: { of: "25.00", refunded: "0", raised: ["unbooked_refund"] },
  // https://docs.stripe.com/api/refunds/list
  stripe: { of: "25.00", refunded: "2500", raised: [] },
  // https://developer.paypal.com/docs/api/orders/v2/#orders_get (payments.refunds)
  paypal: { of: "25.00", refunded: "2500", raised: [] },
};

describe.each(providers)("a refund in the console of %s whose webhook was lost", (provider) => {
  it.each([1, 7])("is found by the poll %i days after the payment, and is news", async (after) => {
    const { of, refunded, raised } = tells[provider];
    const orderNo = await paidOrder(world, api, provider);
    const lines = await asked(orderNo);
    if (after === 7) await days(1);
    await refundUntold(provider, orderNo, of);
    await days(after === 7 ? 6 : 1);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", refunded_minor: refunded });
    expect((await anomaliesOf(orderNo, provider)).map(({ kind }) => kind)).toEqual(raised);
    expect(await asked(orderNo)).toBe(lines + (refunded === "0" ? 0 : 1));
  });
});
