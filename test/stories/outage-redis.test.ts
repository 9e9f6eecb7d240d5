import path from "node:path";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let redis: LocalServer;
let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  redis = await startRedis({ dir: path.join(inject("runFolder"), `outage-redis-${process.pid}`) });
  process.env.REDIS_URL = redis.url;
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
  await redis.stop();
});

const told = async (orderNo: string) => (await api.inbox()).filter(({ body }) => body.includes(orderNo));

/** An order paid and settled, whose notification is hinted and not sent yet. */
async function paidOrder(): Promise<string> {
  const stripe = simulatorOf(world, "stripe");
  const created = await api.create(anOrder({ provider: "stripe" }));
  const orderNo = String(created.data.order_no);
  await stripe.payUnopened(orderNo);
  await stripe.accepted(orderNo);
  return orderNo;
}

async function expectPaymentsGoOn() {
  const orderNo = await paidOrder();
  await world.queues.drain();
  expect((await api.query(orderNo)).data).toMatchObject({ status: "success", notify_status: "success" });
  expect(await told(orderNo)).toHaveLength(1);
  expect(await rows.sends(orderNo)).toHaveLength(1);
}

describe("what nobody takes away from Redis again", () => {
  async function withKey(set: (client: Cluster, key: string) => Promise<unknown>) {
    const orderNo = await paidOrder();
    const [task] = await rows.notifications(orderNo);
    const client = new Cluster([redis.url]);
    await set(client, `{m${shop.userId}}:deliver:${task!.id}`);
    await client.quit();
    return orderNo;
  }

  it.each([
    ["a lock without an end", (client: Cluster, key: string) => client.set(key, "somebody")],
    ["a value of another type", (client: Cluster, key: string) => client.lpush(key, "what")],
    ["another hash under the key", (client: Cluster, key: string) => client.hset(key, "a", "b")],
  ])("%s stops no delivery: the sweeper insists", async (_name, set) => {
    const orderNo = await withKey(set);
    await world.queues.drain();
    expect(await told(orderNo)).toEqual([]);
    await world.passes(61);
    await invoke("sweep", {});
    await world.queues.drain();
    expect(await told(orderNo)).toHaveLength(1);
    expect(await rows.notifications(orderNo)).toMatchObject([{ status: "success", attempt: 1 }]);
  });
});

describe("payments and deliveries go on", () => {
  it("while Redis is there, frozen, thawed, killed and back, each told once", async () => {
    await expectPaymentsGoOn();
    await redis.kill("SIGSTOP");
    await expectPaymentsGoOn();
    await expectPaymentsGoOn();
    await redis.kill("SIGCONT");
    await expectPaymentsGoOn();
    await redis.kill();
    await expectPaymentsGoOn();
    await redis.restart();
    await expectPaymentsGoOn();
  });
});
