import path from "node:path";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { type Api, type ApiAnswer, anOrder, apiOf } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let redis: LocalServer;
let client: Cluster;
let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;
let orderNo: string;

beforeAll(async () => {
  redis = await startRedis({ dir: path.join(inject("runFolder"), `cache-values-${process.pid}`) });
  process.env.REDIS_URL = redis.url;
  client = new Cluster([redis.url]);
  world = await openWorld();
  rows = await openRows();
  [shop, other] = [await world.openShop("stripe"), await world.openShop("stripe")];
  for (const { username } of [shop, other])
    await world.ops("merchant set", { merchant: username, rate_limit: "1000" });
  api = apiOf(world, shop);
  orderNo = String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
});
afterAll(async () => {
  await client.quit();
  await rows.close();
  await world.stop();
  await redis.stop();
});

const keyOf = (name: string) => `{m${shop.userId}}:${name}`;

type Put = (key: string) => Promise<unknown>;
const values: [string, Put][] = [
  ["no value", (key) => client.del(key)],
  ["an empty string", (key) => client.set(key, "")],
  ["a word", (key) => client.set(key, "soon")],
  ["a NUL", (key) => client.set(key, "\u0000")],
  ["bytes that are not UTF-8", (key) => client.set(key, Buffer.from([0xff, 0xfe, 0x80]))],
  ["JSON", (key) => client.set(key, '{"allowed":true,"__proto__":{"a":1}}')],
  ["a script", (key) => client.set(key, "redis.call('flushall')")],
  ["a megabyte", (key) => client.set(key, "9".repeat(1_000_000))],
  ["a huge number", (key) => client.set(key, "9e300")],
  ["infinity", (key) => client.set(key, "inf")],
  ["not-a-number", (key) => client.set(key, "nan")],
  ["a negative number", (key) => client.set(key, "-1e300")],
  ["a number in hexadecimal", (key) => client.set(key, "0x7fffffff")],
  ["a time in the far future", (key) => client.set(key, "99999999999999999999")],
  [
    "another merchant's value",
    async (key) => client.set(key, (await client.get(`{m${other.userId}}:calls`)) ?? "1"),
  ],
  ["another holder's lock", (key) => client.set(key, "3d2f8a1e-0000-4000-8000-000000000000")],
  ["a list", (key) => client.rpush(key, "a", "b")],
  ["a hash", (key) => client.hset(key, "a", "b")],
  ["a set", (key) => client.sadd(key, "a")],
  ["a sorted set", (key) => client.zadd(key, 1, "a")],
  ["a stream", (key) => client.xadd(key, "*", "a", "b")],
  ["a HyperLogLog", (key) => client.pfadd(key, "a")],
];

async function put(name: string, value: Put) {
  await client.del(keyOf(name));
  await value(keyOf(name));
}

/** Expects this status, or a 429 with a wait of at most a minute. */
function expectServed(answer: ApiAnswer, status: number) {
  expect([status, 429]).toContain(answer.status);
  if (answer.status === 429) expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  expect(Number(answer.headers.get("x-ratelimit-limit"))).toBeGreaterThan(0);
  expect(answer.headers.get("x-ratelimit-remaining")).toMatch(/^\d+$/);
  expect(answer.headers.get("x-ratelimit-reset")).toMatch(/^\d+$/);
}

describe("rate-limit keys in Redis", () => {
  it.each(values)("%s under a merchant's rate-limit key breaks no response", async (_what, value) => {
    await put("calls", value);
    expectServed(await api.query(orderNo), 200);
    await put("refunds", value);
    expectServed(
      await api.call("POST", "/api/v1/payment/refund", { order_no: orderNo, refund_no: "r-1" }),
      409,
    );
    // Other merchants have their own keys.
    expect((await apiOf(world, other).query("UNI1")).status).toBe(404);
    await client.del(keyOf("calls"), keyOf("refunds"));
    expect(await api.query(orderNo)).toMatchObject({ status: 200, data: { status: "pending" } });
  });
});

describe("delivery locks in Redis", () => {
  it.each(values)(
    "%s under a delivery's lock at most delays the notification, which is sent once",
    async (_what, value) => {
      const { data } = await api.create(anOrder({ provider: "stripe" }));
      const paid = String(data.order_no);
      await simulatorOf(world, "stripe").payUnopened(paid);
      await simulatorOf(world, "stripe").accepted(paid);
      const [task] = await rows.notifications(paid);
      await put(`deliver:${task!.id}`, value);
      await world.queues.drain();
      await world.passes(61);
      await invoke("sweep", {});
      await world.queues.drain();
      expect((await api.inbox()).filter(({ body }) => body.includes(paid))).toHaveLength(1);
      expect(await rows.notifications(paid)).toMatchObject([{ status: "success", attempt: 1 }]);
      expect(await rows.sends(paid)).toHaveLength(1);
    },
  );
});
