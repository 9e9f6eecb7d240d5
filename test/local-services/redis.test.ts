import path from "node:path";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { startRedis } from "../../scripts/local/services/redis.ts";
import { reachable } from "./reachable.ts";

describe("local Redis", () => {
  let redis: LocalServer;

  async function withClient<T>(use: (client: Cluster) => Promise<T>): Promise<T> {
    const client = new Cluster([redis.url]);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  beforeAll(async () => {
    redis = await startRedis({ dir: path.join(inject("runFolder"), `own-redis-${process.pid}`) });
  });
  afterAll(() => redis?.stop());

  it("the local Redis is a cluster and refuses cross-slot commands", async () => {
    await withClient(async (client) => {
      expect(await client.cluster("INFO")).toContain("cluster_slots_ok:16384");
      await expect(client.nodes("master")[0]?.mget("a", "b")).rejects.toThrow("CROSSSLOT");
    });
  });

  it("a killed local Redis restarts on the same port with its keys", async () => {
    await withClient((client) => client.set("kept", "7"));
    const { url, pid } = redis;
    await redis.kill();
    expect(await reachable("127.0.0.1", redis.port)).toBe(false);
    await redis.restart();
    expect(redis.url).toBe(url);
    expect(redis.pid).not.toBe(pid);
    expect(await withClient((client) => client.get("kept"))).toBe("7");
  });

  it("the local Redis and its cluster bus are reachable from this machine only", async () => {
    expect(await reachable("127.0.0.1", redis.port)).toBe(true);
    expect(await reachable("127.0.0.2", redis.port)).toBe(false);
    expect(await reachable("127.0.0.2", redis.port + 10_000)).toBe(false);
  });
});
