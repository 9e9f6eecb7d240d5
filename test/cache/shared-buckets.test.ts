import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Cache, openCache } from "../../lib/cache/redis.ts";
import { redisBuckets } from "../../lib/cache/shared-buckets.ts";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { startSilentServer } from "../steps/silent-server.ts";
import { until } from "../steps/simulator.ts";

let redis: LocalServer;
let observer: Redis;
let cache: Cache;

beforeAll(async () => {
  redis = await startRedis({ dir: path.join(inject("runFolder"), `buckets-redis-${process.pid}`) });
  observer = new Redis(redis.port);
  cache = openCache({ host: "127.0.0.1", port: redis.port, tls: false });
});
afterAll(async () => {
  cache.close();
  observer.disconnect();
  await redis.stop();
});

let merchants = 0;
const second = 1_000_000;
const rate = (calls: number, windowUs = 60 * second) => ({ intervalUs: windowUs / calls, windowUs });

/** A merchant nobody has heard of, in a bucket called `calls`. */
function scene() {
  const userId = String(++merchants);
  const key = `{m${userId}}:calls`;
  return {
    key,
    take: (wanted = rate(3)) => redisBuckets(cache).take(userId, "calls", wanted),
    /** Redis' clock cannot be moved, so what it reads is. */
    passes: async (us: number) => observer.set(key, String(Number(await observer.get(key)) - us)),
  };
}

describe("a limit that all processes share", () => {
  it("is used up call by call, refuses the next and owes nothing for it", async () => {
    const { take } = scene();
    const taken = [await take(), await take(), await take(), await take(), await take()];
    expect(taken.map((one) => one?.allowed)).toEqual([true, true, true, false, false]);
    for (const [at, one] of taken.entries()) {
      const owed = Math.min(at + 1, 3) * 20 * second;
      expect(one?.debtUs).toBeLessThanOrEqual(owed);
      expect(one?.debtUs).toBeGreaterThan(owed - 15 * second);
    }
  });

  it("is one for two processes, and another for another merchant or name", async () => {
    const other = openCache({ host: "127.0.0.1", port: redis.port, tls: false });
    const [one, two] = [redisBuckets(cache), redisBuckets(other)];
    const userId = String(++merchants);
    expect(await one.take(userId, "calls", rate(1))).toMatchObject({ allowed: true });
    expect(await two.take(userId, "calls", rate(1))).toMatchObject({ allowed: false });
    expect(await two.take(userId, "refunds", rate(1))).toMatchObject({ allowed: true });
    expect(await two.take(String(++merchants), "calls", rate(1))).toMatchObject({ allowed: true });
    expect(await redisBuckets(cache, "t:").take(userId, "calls", rate(1))).toMatchObject({ allowed: true });
    other.close();
  });

  it("lets through exactly its number of calls that are made at once", async () => {
    const { take } = scene();
    const taken = await Promise.all(Array.from({ length: 50 }, () => take(rate(20, 3600 * second))));
    expect(taken.filter((one) => one?.allowed)).toHaveLength(20);
  });

  it("has a call free again as soon as its interval has passed", async () => {
    const { take, passes } = scene();
    const slow = rate(3, 3600 * second);
    while ((await take(slow))?.allowed);
    await passes(1190 * second);
    expect(await take(slow)).toMatchObject({ allowed: false });
    await passes(10 * second);
    expect(await take(slow)).toMatchObject({ allowed: true });
    expect(await take(slow)).toMatchObject({ allowed: false });
  });

  it("keeps no key for longer than a window", async () => {
    const { key, take } = scene();
    await take();
    expect(await observer.pttl(key)).toBeGreaterThan(0);
    expect(await observer.pttl(key)).toBeLessThanOrEqual(20_000);
  });

  it("goes by Redis' own clock, and forgets who owes nothing", async () => {
    const { key, take } = scene();
    const quick = rate(5, second);
    while ((await take(quick))?.allowed);
    await until(async () => (await take(quick))?.allowed);
    expect(await observer.pttl(key)).toBeLessThanOrEqual(1000);
    await until(async () => (await observer.exists(key)) === 0);
  });

  it.each([
    ["a list", (key: string) => observer.rpush(key, "a")],
    ["no number", (key: string) => observer.set(key, "soon")],
    ["nothing", (key: string) => observer.set(key, "")],
    ["a time long ago", (key: string) => observer.set(key, "-1e300")],
    ["minus infinity", (key: string) => observer.set(key, "-inf")],
  ])("takes %s under its key for nothing owed", async (_name, set) => {
    const { key, take } = scene();
    await set(key);
    expect((await take())?.debtUs).toBeLessThanOrEqual(20 * second);
    expect(await take()).toMatchObject({ allowed: true });
    expect(await take()).toMatchObject({ allowed: true });
    expect(await take()).toMatchObject({ allowed: false });
  });

  it.each(["9e300", "inf", "nan", "99999999999999999999"])(
    "makes nobody wait for longer than a window, whatever is under its key: %s",
    async (text) => {
      const { key, take } = scene();
      await observer.set(key, text);
      expect(await take()).toEqual({ allowed: false, debtUs: 60 * second });
    },
  );

  it("says that it is away when Redis is", async () => {
    const silent = await startSilentServer();
    const away = openCache({ host: "127.0.0.1", port: silent.port, tls: false });
    expect(await redisBuckets(away).take("7", "calls", rate(1))).toBeUndefined();
    away.close();
    silent.stop();
  });
});
