import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { operator, refusal } from "../steps/operator.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  other = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const stats = (args: Data = {}) => operator("stats", args);
const empty = {
  hours: 24,
  open_anomalies: 0,
  due_look_ups: 0,
  oldest_due_delivery_seconds: null,
  payments: [],
  deliveries: [],
};

describe("stats", () => {
  it("stats are empty before the first payment", async () => {
    expect(await stats()).toEqual(empty);
  });

  it("stats count payments by provider, status and currency, deliveries and anomalies", async () => {
    for (let made = 0; made < 2; made++) await paidOrder(world, api, "stripe");
    await paidOrder(world, apiOf(world, other), "stripe");
    for (let made = 0; made < 2; made++) await api.create(anOrder());
    await rows.query("UPDATE payment_orders SET amount_minor = 9007199254740991 WHERE provider = 'alipay'");
    const { data } = await api.create(anOrder({ provider: "stripe", currency: "USD" }));
    const { path, event } = stripeEvents(world, shop);
    await postWebhook(world, path, event(data.order_no, { session: { amount_total: 1, currency: "usd" } }));

    const stripePaid = { provider: "stripe", status: "success", currency: "CNY" };
    expect(await stats({ merchant: shop.username })).toEqual({
      ...empty,
      open_anomalies: 1,
      payments: [
        // Greater than Number.MAX_SAFE_INTEGER.
        {
          provider: "alipay",
          status: "pending",
          currency: "CNY",
          count: 2,
          amount_minor: "18014398509481982",
        },
        { provider: "stripe", status: "pending", currency: "USD", count: 1, amount_minor: "1234" },
        { ...stripePaid, count: 2, amount_minor: "20000" },
      ],
      deliveries: [{ status: "success", count: 2 }],
    });
    const all = await stats();
    expect(all.payments).toContainEqual({ ...stripePaid, count: 3, amount_minor: "30000" });
    expect(all.deliveries).toEqual([{ status: "success", count: 3 }]);
    expect(await stats({ merchant: other.username })).toMatchObject({ open_anomalies: 0, due_look_ups: 0 });
  });

  it("stats count due polls and give the age of the oldest due delivery", async () => {
    const stripe = simulatorOf(world, "stripe");
    const { data } = await apiOf(world, other).create(anOrder({ provider: "stripe" }));
    await stripe.payUnopened(String(data.order_no));
    await stripe.accepted(String(data.order_no));
    await apiOf(world, other).create(anOrder({ provider: "stripe" }));
    await world.passes(90);
    const numbers = await stats({ merchant: other.username });
    expect(numbers).toMatchObject({ due_look_ups: 1 });
    expect(numbers.deliveries).toContainEqual({ status: "pending", count: 1 });
    expect(numbers.oldest_due_delivery_seconds).toBeGreaterThanOrEqual(90);
    expect(numbers.oldest_due_delivery_seconds).toBeLessThan(150);
    await world.queues.drain();
    expect(await stats({ merchant: other.username })).toMatchObject({
      due_look_ups: 0,
      oldest_due_delivery_seconds: null,
    });
  });

  it("stats cover the last --hours; exhausted deliveries are counted at any age", async () => {
    await rows.query("UPDATE deliveries SET status = 'exhausted' WHERE user_id = ? LIMIT 1", [shop.userId]);
    await world.passes(2 * 3600);
    const lately = await stats({ merchant: shop.username, hours: "1" });
    expect(lately).toMatchObject({ hours: 1, payments: [] });
    expect(lately.deliveries).toContainEqual({ status: "exhausted", count: 1 });
    expect(lately.deliveries).not.toContainEqual(expect.objectContaining({ status: "success" }));
    expect((await stats({ merchant: shop.username, hours: "3" })).payments).toHaveLength(3);
  });

  it("stats refuse invalid hours, an unknown merchant or an unknown option", async () => {
    for (const hours of ["0", "1000", "x"])
      expect(await refusal("stats", { hours })).toMatchObject({
        code: 1001,
        message: expect.stringContaining("hours"),
      });
    expect(await refusal("stats", { merchant: "nobody" })).toMatchObject({ code: 1004 });
    expect(await refusal("stats", { status: "open" })).toMatchObject({ code: 1001 });
  });
});
