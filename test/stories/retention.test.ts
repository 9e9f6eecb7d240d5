import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { webhookEventsIn } from "../../lib/storage/webhook-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook, stripeEvents } from "../steps/signed-webhooks.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";
import { withDatabases } from "../storage/connections.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const daySeconds = 24 * 3600;

/** Verified events that came so many days ago. */
async function events(count: number, days: number): Promise<void> {
  const receivedAt = secondsAfter(world.clock.now(), -days * daySeconds);
  const numbers = Array.from({ length: count }, (_, number) => number);
  await rows.query(
    `INSERT INTO webhook_events (user_id, config_id, provider, event_id, event_type, received_at) VALUES ?`,
    [
      numbers.map((number) => [
        shop.userId,
        shop.configs.stripe,
        "stripe",
        `received ${days} days ago, ${number}`,
        "x",
        receivedAt,
      ]),
    ],
  );
}

const left = async () => {
  const [row] = await rows.query<{ count: number }>("SELECT COUNT(*) AS count FROM webhook_events");
  return Number(row?.count);
};

describe("verified events", () => {
  it("are forgotten 30 days after they came, and nothing else is", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const others = async () =>
      JSON.stringify([
        await rows.order(orderNo),
        await rows.notifications(orderNo),
        await rows.sends(orderNo),
        await api.timeline(orderNo),
      ]);
    const before = await others();
    await world.passes(30 * daySeconds - 60);
    expect(await invoke("sweep", {})).toMatchObject({ forgotten: 0 });
    expect(await left()).toBe(1);
    await world.passes(120);
    expect(await invoke("sweep", {})).toMatchObject({ forgotten: 1 });
    expect(await left()).toBe(0);
    expect(await others()).toBe(before);
  });

  it("that are told again after that change nothing but when the provider is asked next", async () => {
    const stripe = stripeEvents(world, shop);
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const { body } = stripe.event(data.order_no);
    const recorded = () =>
      rows.query("SELECT event_id FROM webhook_events WHERE event_id = ?", [JSON.parse(body).id]);
    await postWebhook(world, stripe.path, stripe.signed(body));
    const before = await rows.order(data.order_no);
    await world.passes(31 * daySeconds);
    await invoke("sweep", {});
    expect(await recorded()).toEqual([]);
    expect((await postWebhook(world, stripe.path, stripe.signed(body))).status).toBe(200);
    // So late a word may have been overtaken by refunds, which a look-up would find.
    const next_query_at = expect.any(Date);
    expect(await rows.order(data.order_no)).toEqual({ ...before, next_query_at });
    expect(await rows.notifications(data.order_no)).toHaveLength(1);
    expect(await recorded()).toHaveLength(1);
  });

  it("go 5,000 in a sweep, and none in one that has little time left", async () => {
    await events(5_001, 40);
    expect(await invoke("sweep", {}, 10)).toMatchObject({ forgotten: 0 });
    expect(await invoke("sweep", {})).toMatchObject({ forgotten: 5_000 });
    expect(await invoke("sweep", {})).toMatchObject({ forgotten: 1 });
  });

  it("are forgotten by any number of sweepers at once, each by one", async () => {
    await events(450, 40);
    await events(10, 29);
    const before = secondsAfter(world.clock.now(), -30 * daySeconds);
    const forgotten = await withDatabases(5, (databases) =>
      Promise.all(databases.map((database) => webhookEventsIn(database).forget(before, 100))),
    );
    expect(forgotten.sort((a, b) => b - a)).toEqual([100, 100, 100, 100, 50]);
    expect(await rows.query("SELECT id FROM webhook_events WHERE received_at < ?", [before])).toEqual([]);
    expect(
      await rows.query("SELECT id FROM webhook_events WHERE event_id LIKE 'received 29 days ago%'"),
    ).toHaveLength(10);
  });
});
