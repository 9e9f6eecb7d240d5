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

const notified = async (orderNo: string) => (await api.inbox()).filter(({ body }) => body.includes(orderNo));

/** A settled order whose delivery wake-up is queued and not processed yet. */
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
  expect(await notified(orderNo)).toHaveLength(1);
  expect(await rows.sends(orderNo)).toHaveLength(1);
}

describe("delivery locks that are never released", () => {
  async function withKey(set: (client: Cluster, key: string) => Promise<unknown>) {
    const orderNo = await paidOrder();
    const [task] = await rows.notifications(orderNo);
    const client = new Cluster([redis.url]);
    await set(client, `{m${shop.userId}}:deliver:${task!.id}`);
    await client.quit();
    return orderNo;
  }

  it.each([
    ["a lock without expiry", (client: Cluster, key: string) => client.set(key, "somebody")],
    ["a value of another type", (client: Cluster, key: string) => client.lpush(key, "what")],
    ["a hash", (client: Cluster, key: string) => client.hset(key, "a", "b")],
  ])(
    "%s under a delivery's lock key does not stop the delivery, because the sweeper insists",
    async (_name, set) => {
      const orderNo = await withKey(set);
      await world.queues.drain();
      expect(await notified(orderNo)).toEqual([]);
      await world.passes(61);
      await invoke("sweep", {});
      await world.queues.drain();
      expect(await notified(orderNo)).toHaveLength(1);
      expect(await rows.notifications(orderNo)).toMatchObject([{ status: "success", attempt: 1 }]);
    },
  );
});

describe("outages of Redis", () => {
  it("payments and deliveries work while Redis is up, frozen, resumed, killed and restarted", async () => {
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
