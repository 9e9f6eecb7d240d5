import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { insideTransaction } from "../../lib/invocation.ts";
import { redisLocks } from "../../lib/redis/locks.ts";
import { type Cache, openCache, type RedisTimes } from "../../lib/redis/redis.ts";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { until } from "../steps/until.ts";
import { patient } from "./patient.ts";

let redis: LocalServer;
const opened: Cache[] = [];

beforeAll(async () => {
  redis = await startRedis({ dir: path.join(inject("runFolder"), `cache-redis-${process.pid}`) });
});
afterAll(() => redis.stop());
afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
});

function open(port = redis.port, times?: Partial<RedisTimes>): Cache {
  const cache = openCache({ host: "127.0.0.1", port, tls: false }, times);
  opened.push(cache);
  return cache;
}
const ping = (cache: Cache) => cache.ask((client) => client.ping());

/** A listener that counts its connections. */
async function startListener(greet: (socket: Socket) => void) {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => {});
    greet(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    count: () => connections,
    stop: () => server.close(),
  };
}

/** A node that reports that it holds every slot, and does not answer other CLUSTER commands. */
function halfACluster(socket: Socket): void {
  socket.on("data", (data) => {
    const { port } = socket.address() as AddressInfo;
    for (const [command] of data.toString().matchAll(/\*\d+\r\n(?:\$\d+\r\n[^\r]*\r\n)+/g)) {
      if (/\r\nslots\r\n/i.test(command))
        socket.write(`*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:${port}\r\n`);
      else if (!/\r\ncluster\r\n/i.test(command)) socket.write("+OK\r\n");
    }
  });
}

describe("the cache", () => {
  it("twenty simultaneous first calls open no more Redis connections than one", async () => {
    const watcher = new Redis(redis.port);
    const connections = async () =>
      String(await watcher.client("LIST"))
        .trim()
        .split("\n").length;
    const before = await connections();
    const [one, twenty] = [open(redis.port, patient), open(redis.port, patient)];
    expect(await ping(one)).toBe("PONG");
    const each = (await connections()) - before;
    expect(await Promise.all(Array.from({ length: 20 }, () => ping(twenty)))).toEqual(Array(20).fill("PONG"));
    expect((await connections()) - before).toBe(2 * each);
    watcher.disconnect();
  });

  it.each([
    ["stays silent", () => {}],
    ["hangs up", (socket: Socket) => socket.destroy()],
    ["sends garbage", (socket: Socket) => socket.end("what?\r\n")],
    ["reports its slots and then stays silent", halfACluster],
  ])("a Redis that %s is tried once and then not again while the breaker is open", async (_name, greet) => {
    const listener = await startListener(greet);
    const cache = open(listener.port);
    expect(await ping(cache)).toBeUndefined();
    const tried = listener.count();
    expect(tried).toBeGreaterThan(0);
    for (let times = 0; times < 20; times++) expect(await ping(cache)).toBeUndefined();
    expect(listener.count()).toBe(tried);
    listener.stop();
  });

  it("the cache does without a killed Redis and uses it again once it is back", async () => {
    const cache = open(redis.port, { breakerMs: 20 });
    expect(await ping(cache)).toBe("PONG");
    await redis.kill();
    expect(await ping(cache)).toBeUndefined();
    await redis.restart();
    expect(await until(() => ping(cache))).toBe("PONG");
  });

  it("the cache does without a frozen Redis and uses it again once it continues", async () => {
    const [cache, cold] = [open(redis.port, { breakerMs: 20 }), open(redis.port, { breakerMs: 20 })];
    expect(await ping(cache)).toBe("PONG");
    await redis.kill("SIGSTOP");
    expect(await Promise.all([ping(cache), ping(cold)])).toEqual([undefined, undefined]);
    await redis.kill("SIGCONT");
    expect(await until(() => ping(cache))).toBe("PONG");
    expect(await until(() => ping(cold))).toBe("PONG");
  });

  it("Redis is never called inside a transaction", async () => {
    await expect(insideTransaction(() => ping(open()))).rejects.toThrow(
      "Redis inside a database transaction",
    );
  });
});

describe("locks in Redis", () => {
  const held = (cache: Cache) => cache.ask((client) => client.exists("{m7}:work"));

  it("a Redis lock is exclusive until it is released, and each merchant has its own", async () => {
    const locks = redisLocks(open(redis.port, patient));
    const lock = await locks.acquire("7", "work", 10_000);
    expect(await locks.acquire("7", "work", 10_000)).toBeNull();
    const other = await locks.acquire("8", "work", 10_000);
    expect(other).not.toBeNull();
    await other?.release();
    await lock?.release();
    const again = await locks.acquire("7", "work", 10_000);
    expect(again).not.toBeNull();
    await again?.release();
  });

  it("releasing an expired Redis lock does not release the next holder's", async () => {
    const cache = open(redis.port, patient);
    const locks = redisLocks(cache);
    const expired = await locks.acquire("7", "work", 10_000);
    await cache.ask((client) => client.del("{m7}:work"));
    const others = await locks.acquire("7", "work", 10_000);
    await expired?.release();
    expect(await held(cache)).toBe(1);
    await others?.release();
    expect(await held(cache)).toBe(0);
  });

  it("a Redis lock always has an expiry", async () => {
    const cache = open(redis.port, patient);
    const lock = await redisLocks(cache).acquire("7", "work", 10_000);
    expect(await cache.ask((client) => client.pttl("{m7}:work"))).toBeGreaterThan(0);
    await lock?.release();
  });

  it("a Redis lock is granted while Redis is unavailable", async () => {
    const listener = await startListener((socket) => socket.destroy());
    const lock = await redisLocks(open(listener.port)).acquire("7", "work", 10_000);
    expect(lock).not.toBeNull();
    await lock?.release();
    listener.stop();
  });
});
