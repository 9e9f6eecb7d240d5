import { Cluster } from "ioredis";
import { reach } from "../failpoint.ts";
import { assertNoTransaction } from "../invocation.ts";
import { log, nameOf } from "../log.ts";

const connectTimeoutMs = 200;
const commandTimeoutMs = 150;
/** The connection, and the two questions that follow it. */
const longestConnectMs = connectTimeoutMs + 2 * commandTimeoutMs;

export type RedisAddress = { host: string; port: number; tls: boolean };

export interface Cache {
  /** `undefined`: Redis is away; go on without it. */
  ask<T>(command: (redis: Cluster) => Promise<T>): Promise<T | undefined>;
  close(): void;
}

/**
 * A cluster client that never holds anybody up: no offline queue, short time-outs, a breaker. What it says is never the
 * truth, so every caller has a way on without it. After a failure it is not asked for `breakerMs`: in a VPC a dead Redis
 * is silence, and each try costs its time-out.
 */
export function openCache(address: RedisAddress, breakerMs = 5_000): Cache {
  let current: Client | undefined;
  let closedUntil = 0;

  /** One client for all who ask at once; one whose connection has ended is replaced. */
  function client(): Client {
    if (current?.cluster.status === "end") current = undefined;
    current ??= connect(address);
    return current;
  }

  function drop(dropped: Client | undefined) {
    if (dropped === current) current = undefined;
    dropped?.cluster.disconnect();
  }

  return {
    async ask(command) {
      assertNoTransaction("Redis");
      if (performance.now() < closedUntil) return undefined;
      const asked = client();
      try {
        await asked.ready;
        if (process.env.FAILPOINTS) await reach("before", "redis");
        const answer = await command(asked.cluster);
        if (process.env.FAILPOINTS) await reach("after", "redis");
        return answer;
      } catch (error) {
        closedUntil = performance.now() + breakerMs;
        drop(asked);
        log.warn("redis is away", nameOf(error));
        return undefined;
      }
    },
    close: () => drop(current),
  };
}

type Client = { cluster: Cluster; ready: Promise<void> };

function connect({ host, port, tls }: RedisAddress): Client {
  const cluster = new Cluster([{ host, port }], {
    // ElastiCache's certificate names the host; the address that a look-up gives would not match it.
    dnsLookup: (address, callback) => callback(null, address),
    enableOfflineQueue: false,
    lazyConnect: true,
    clusterRetryStrategy: () => null,
    slotsRefreshTimeout: connectTimeoutMs,
    redisOptions: {
      connectTimeout: connectTimeoutMs,
      commandTimeout: commandTimeoutMs,
      maxRetriesPerRequest: 0,
      ...(tls && { tls: {} }),
    },
  });
  cluster.on("error", () => {});
  return { cluster, ready: withinTime(cluster.connect()) };
}

/** ioredis never settles a connection whose last check, of the cluster's state, gets no answer. */
async function withinTime(connecting: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no connection in time")), longestConnectMs);
  try {
    await Promise.race([connecting, promise]);
  } finally {
    clearTimeout(timer);
  }
}
