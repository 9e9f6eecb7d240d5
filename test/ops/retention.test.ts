import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { sweep } from "../../lib/maintenance/sweep.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { deleteOldest } from "../../lib/storage/delete-oldest.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
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

/** Inserts verified events that were received this many days ago. */
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

describe("retention of verified webhook events", () => {
  it("verified webhook events are purged 30 days after receipt, and nothing else is", async () => {
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
    expect(await invoke("sweep", {})).toMatchObject({ deleted: 0 });
    expect(await left()).toBe(1);
    await world.passes(120);
    expect(await invoke("sweep", {})).toMatchObject({ deleted: 1 });
    expect(await left()).toBe(0);
    expect(await others()).toBe(before);
  });

  it("a purged webhook event that is received again changes nothing but the time of the next poll", async () => {
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
    // Refunds may have followed an event that arrives so late; a poll would find them.
    const next_poll_at = expect.any(Date);
    expect(await rows.order(data.order_no)).toEqual({ ...before, next_poll_at });
    expect(await rows.notifications(data.order_no)).toHaveLength(1);
    expect(await recorded()).toHaveLength(1);
  });

  it("a sweep purges 5,000 webhook events, and none if it has little time left", async () => {
    await events(5_001, 40);
    expect(await invoke("sweep", {}, 10)).toMatchObject({ deleted: 0 });
    expect(await invoke("sweep", {})).toMatchObject({ deleted: 5_000 });
    expect(await invoke("sweep", {})).toMatchObject({ deleted: 1 });
  });

  it("a sweep whose key service is disabled still purges old webhook events, and then fails", async () => {
    await events(3, 40);
    await rows.query(
      `INSERT INTO payment_configs (user_id, provider, config_name, config_data) VALUES (?, 'stripe', 'by hand', '{"a":1}')`,
      [shop.userId],
    );
    const gateway = openGateway();
    const disabled = Object.assign(new Error("the key is disabled"), { name: "DisabledException" });
    const failing = { ...gateway, vault: { ...gateway.vault, encrypt: () => Promise.reject(disabled) } };
    await expect(sweep(failing)).rejects.toBe(disabled);
    expect(
      await rows.query("SELECT id FROM webhook_events WHERE event_id LIKE 'received 40 days ago%'"),
    ).toEqual([]);
    await rows.query("DELETE FROM payment_configs WHERE config_name = 'by hand'");
  });

  it("sweeps that run at once purge each old webhook event exactly once", async () => {
    await events(450, 40);
    await events(10, 29);
    const before = secondsAfter(world.clock.now(), -30 * daySeconds);
    const deleted = await withDatabases(5, (databases) =>
      Promise.all(databases.map((database) => deleteOldest(database, "webhook_events", before, 100))),
    );
    expect(deleted.sort((a, b) => b - a)).toEqual([100, 100, 100, 100, 50]);
    expect(await rows.query("SELECT id FROM webhook_events WHERE received_at < ?", [before])).toEqual([]);
    expect(
      await rows.query("SELECT id FROM webhook_events WHERE event_id LIKE 'received 29 days ago%'"),
    ).toHaveLength(10);
  });
});
