import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(() => world.stop());

/** Pays a new order and returns its notification. */
async function notified() {
  const { data } = await api.create(anOrder({ provider: "stripe" }));
  await simulatorOf(world, "stripe").pay(data);
  await simulatorOf(world, "stripe").accepted(String(data.order_no));
  await world.queues.drain();
  return (await api.inbox()).find(({ body }) => body.includes(String(data.order_no)))!;
}

const verifies = (secret: string, { body, headers }: Awaited<ReturnType<typeof notified>>) => {
  try {
    return Boolean(new Webhook(secret).verify(body, headers));
  } catch {
    return false;
  }
};

const roll = (args: object = {}) =>
  world.ops<{ webhook_secret: string }>("merchant roll-secret", { merchant: shop.userId, ...args });

it("a rolled signing secret signs together with the previous one, or alone if requested", async () => {
  const first = shop.webhookSecret;
  const { webhook_secret: second } = await roll();
  const both = await notified();
  expect([verifies(first, both), verifies(second, both)]).toEqual([true, true]);

  const { webhook_secret: third } = await roll();
  const later = await notified();
  expect([first, second, third].map((secret) => verifies(secret, later))).toEqual([false, true, true]);

  const { webhook_secret: fourth } = await roll({ alone: "yes" });
  const alone = await notified();
  expect([third, fourth].map((secret) => verifies(secret, alone))).toEqual([false, true]);
});
