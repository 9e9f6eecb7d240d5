import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Cache, openCache } from "../../lib/redis/redis.ts";
import { redisBuckets } from "../../lib/redis/shared-buckets.ts";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { startSilentServer } from "../steps/silent-server.ts";
import { until } from "../steps/until.ts";
import { patient } from "./patient.ts";

let redis: LocalServer;
let watcher: Redis;
let cache: Cache;

beforeAll(async () => {
  redis = await startRedis({ dir: path.join(inject("runFolder"), `buckets-redis-${process.pid}`) });
  watcher = new Redis(redis.port);
  cache = openCache({ host: "127.0.0.1", port: redis.port, tls: false }, patient);
});
afterAll(async () => {
  cache.close();
  watcher.disconnect();
  await redis.stop();
});

let merchants = 0;
const second = 1_000_000;
const rate = (calls: number, windowUs = 60 * second) => ({ intervalUs: windowUs / calls, windowUs });

/** A new merchant with a bucket named `calls`. */
function scene() {
  const userId = String(++merchants);
  const key = `{m${userId}}:calls`;
  return {
    key,
    take: (input = rate(3)) => redisBuckets(cache).take(userId, "calls", input),
    /** Moves the stored time back, because the clock of Redis cannot be advanced. */
    passes: async (us: number) => watcher.set(key, String(Number(await watcher.get(key)) - us)),
  };
}

describe("shared buckets", () => {
  it("a shared bucket is used up call by call, refuses the next one and does not count it", async () => {
    const { take } = scene();
    const taken = [await take(), await take(), await take(), await take(), await take()];
    expect(taken.map((one) => one?.allowed)).toEqual([true, true, true, false, false]);
    for (const [at, one] of taken.entries()) {
      const owed = Math.min(at + 1, 3) * 20 * second;
      expect(one?.debtUs).toBeLessThanOrEqual(owed);
      expect(one?.debtUs).toBeGreaterThan(owed - 15 * second);
    }
  });

  it("two processes share a bucket, but two merchants, names or prefixes do not", async () => {
    const other = openCache({ host: "127.0.0.1", port: redis.port, tls: false }, patient);
    const [one, two] = [redisBuckets(cache), redisBuckets(other)];
    const userId = String(++merchants);
    expect(await one.take(userId, "calls", rate(1))).toMatchObject({ allowed: true });
    expect(await two.take(userId, "calls", rate(1))).toMatchObject({ allowed: false });
    expect(await two.take(userId, "refunds", rate(1))).toMatchObject({ allowed: true });
    expect(await two.take(String(++merchants), "calls", rate(1))).toMatchObject({ allowed: true });
    expect(await redisBuckets(cache, "t:").take(userId, "calls", rate(1))).toMatchObject({ allowed: true });
    other.close();
  });

  it("a shared bucket allows exactly its number of simultaneous calls", async () => {
    const { take } = scene();
    const taken = await Promise.all(Array.from({ length: 50 }, () => take(rate(20, 3600 * second))));
    expect(taken.filter((one) => one?.allowed)).toHaveLength(20);
  });

  it("a shared bucket allows a call again as soon as its interval has passed", async () => {
    const { take, passes } = scene();
    const slow = rate(3, 3600 * second);
    while ((await take(slow))?.allowed);
    await passes(1190 * second);
    expect(await take(slow)).toMatchObject({ allowed: false });
    await passes(10 * second);
    expect(await take(slow)).toMatchObject({ allowed: true });
    expect(await take(slow)).toMatchObject({ allowed: false });
  });

  it("the key of a shared bucket expires within its window", async () => {
    const { key, take } = scene();
    await take();
    expect(await watcher.pttl(key)).toBeGreaterThan(0);
    expect(await watcher.pttl(key)).toBeLessThanOrEqual(20_000);
  });

  it("a shared bucket uses the clock of Redis, and its key expires when the bucket is empty", async () => {
    const { key, take } = scene();
    const quick = rate(5, second);
    while ((await take(quick))?.allowed);
    await until(async () => (await take(quick))?.allowed);
    expect(await watcher.pttl(key)).toBeLessThanOrEqual(1000);
    await until(async () => (await watcher.exists(key)) === 0);
  });

  it.each([
    ["a list", (key: string) => watcher.rpush(key, "a")],
    ["text", (key: string) => watcher.set(key, "soon")],
    ["an empty text", (key: string) => watcher.set(key, "")],
    ["a time long ago", (key: string) => watcher.set(key, "-1e300")],
    ["minus infinity", (key: string) => watcher.set(key, "-inf")],
  ])("a shared bucket with %s under its key counts as empty", async (_name, set) => {
    const { key, take } = scene();
    await set(key);
    expect((await take())?.debtUs).toBeLessThanOrEqual(20 * second);
    expect(await take()).toMatchObject({ allowed: true });
    expect(await take()).toMatchObject({ allowed: true });
    expect(await take()).toMatchObject({ allowed: false });
  });

  it.each(["9e300", "inf", "nan", "99999999999999999999"])(
    "a shared bucket with %s under its key refuses calls for a window at most",
    async (text) => {
      const { key, take } = scene();
      await watcher.set(key, text);
      expect(await take()).toEqual({ allowed: false, debtUs: 60 * second });
    },
  );

  it("a shared bucket returns undefined while Redis is unavailable", async () => {
    const silent = await startSilentServer();
    const away = openCache({ host: "127.0.0.1", port: silent.port, tls: false });
    expect(await redisBuckets(away).take("7", "calls", rate(1))).toBeUndefined();
    away.close();
    silent.stop();
  });
});
