import { Cluster } from "ioredis";
import { reach } from "../failpoint.ts";
import { assertNoTransaction } from "../invocation.ts";
import { log, nameOf } from "../log.ts";

const defaults = { connectTimeoutMs: 200, commandTimeoutMs: 150, breakerMs: 5_000 };
export type RedisTimes = typeof defaults;

export type RedisAddress = { host: string; port: number; tls: boolean };

export interface Cache {
  /** `undefined`: Redis is unavailable; the caller goes on without it. */
  ask<T>(command: (redis: Cluster) => Promise<T>): Promise<T | undefined>;
  close(): void;
}

/**
 * A cluster client that fails fast: no offline queue, short time-outs, a circuit breaker. Redis is never authoritative,
 * so every caller works without it. After a failure no command is sent for `breakerMs`: in a VPC, connections to a dead
 * Redis are not refused but time out, and each try would wait for that.
 */
export function openCache(address: RedisAddress, times: Partial<RedisTimes> = {}): Cache {
  const { breakerMs, ...timeouts } = { ...defaults, ...times };
  let current: Client | undefined;
  let closedUntil = 0;

  /** Concurrent callers share one client; a client whose connection has ended is replaced. */
  function client(): Client {
    if (current?.cluster.status === "end") current = undefined;
    current ??= connect(address, timeouts);
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
      const connection = client();
      try {
        await connection.ready;
        if (process.env.FAILPOINTS) await reach("before", "redis");
        const answer = await command(connection.cluster);
        if (process.env.FAILPOINTS) await reach("after", "redis");
        return answer;
      } catch (error) {
        closedUntil = performance.now() + breakerMs;
        drop(connection);
        log.warn("redis is unavailable", nameOf(error));
        return undefined;
      }
    },
    close: () => drop(current),
  };
}

type Client = { cluster: Cluster; ready: Promise<void> };

function connect(
  { host, port, tls }: RedisAddress,
  { connectTimeoutMs, commandTimeoutMs }: Omit<RedisTimes, "breakerMs">,
): Client {
  const cluster = new Cluster([{ host, port }], {
    // ElastiCache's certificate names the host; a resolved IP address would not match it.
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
  return { cluster, ready: within(connectTimeoutMs + 2 * commandTimeoutMs, cluster.connect()) };
}

/**
 * Time for the connection and the two commands that follow it. ioredis never settles `connect()` if its last check, of
 * the cluster's state, gets no response.
 */
async function within(milliseconds: number, connecting: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no connection in time")), milliseconds);
  try {
    await Promise.race([connecting, promise]);
  } finally {
    clearTimeout(timer);
  }
}
