import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { healthCheck } from "../../lib/health.ts";
import { openCache } from "../../lib/redis/redis.ts";
import { patient } from "../redis/patient.ts";
import { logOf } from "../steps/captured-log.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { startSilentServer } from "../steps/silent-server.ts";
import { openWorld, type World } from "../steps/world.ts";
import { testDatabase } from "../storage/connections.ts";

let world: World;
let proxy: DatabaseProxy;

beforeAll(async () => {
  world = await openWorld();
  proxy = await startDatabaseProxy(await testDatabase());
  process.env.DB_PORT = String(proxy.port);
});
afterAll(async () => {
  proxy.stop();
  await world.stop();
});

const ask = async (query = "?deep=1") => {
  const answer = await fetch(`${world.front.url}/health${query}`);
  return { status: answer.status, body: await answer.json() };
};
const checks = () => proxy.statements.filter((statement) => statement === "SELECT 1").length;
const well = { status: "ok", database: true, cache: true, queue: true };

describe("GET /health", () => {
  it.each(["", "?deep=0", "?deep=", "?deep=true", "?deeper=1"])(
    "GET /health%s answers without a check of the database, cache or queue",
    async (query) => {
      const before = proxy.statements.length;
      expect(await ask(query)).toEqual({ status: 200, body: { status: "ok" } });
      expect(proxy.statements).toHaveLength(before);
    },
  );

  it("a hundred deep health checks at once make one check of database, cache and queue", async () => {
    const before = checks();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask()));
    expect(answers).toEqual(Array(100).fill({ status: 200, body: well }));
    expect(checks() - before).toBe(1);
  });

  it("a deep health check is cached for ten seconds and then made once for all callers", async () => {
    // Start with a new check: the cached one of another test may be some seconds old.
    await world.passes(10);
    await ask();
    const before = checks();
    await world.passes(5);
    await ask();
    expect(checks() - before).toBe(0);
    await world.passes(5);
    await Promise.all(Array.from({ length: 100 }, () => ask()));
    expect(checks() - before).toBe(1);
  });

  it("a deep health check answers 503 and names what is down, but neither its address nor the error", async () => {
    await ask();
    proxy.stop();
    expect(await ask()).toMatchObject({ status: 200 });
    await world.passes(10);
    const log = await logOf(async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => ask()));
      const body = { ...well, status: "unavailable", database: false };
      expect(answers).toEqual(Array(100).fill({ status: 503, body }));
    });
    expect(JSON.stringify(log)).not.toMatch(/127\.0\.0\.1:|SELECT|stack|ECONN.*\d{4,}/);
    proxy = await startDatabaseProxy(await testDatabase());
  });
});

describe("deep health checks", () => {
  const closedPort = async () => {
    const { port, stop } = await startSilentServer();
    stop();
    return String(port);
  };
  const down: Record<"database" | "cache" | "queue", (port: string) => Record<string, string>> = {
    database: (port) => ({ DB_PORT: port }),
    cache: (port) => ({ REDIS_PORT: port }),
    queue: () => ({ NOTIFY_QUEUE_URL: `${process.env.NOTIFY_QUEUE_URL}-gone` }),
  };
  const parts = Object.keys(down) as (keyof typeof down)[];
  const port = () => ({ DB_PORT: new URL(process.env.DATABASE_URL!).port });

  it.each(parts)("a deep health check names only the %s when it refuses connections", async (part) => {
    const gateway = anotherGateway({ ...port(), ...down[part](await closedPort()) });
    expect(await gateway.health()).toEqual({ ...well, status: "unavailable", [part]: false });
    await gateway.close();
  });

  it.each(["database", "cache"] as const)(
    "a deep health check reports a %s that does not respond, instead of waiting for it",
    async (part) => {
      const silent = await startSilentServer();
      const gateway = anotherGateway({ ...port(), ...down[part](String(silent.port)) });
      expect(await gateway.health()).toEqual({ ...well, status: "unavailable", [part]: false });
      expect(silent.connections()).toBeGreaterThan(0);
      silent.stop();
      await gateway.close();
    },
  );

  it("a deep health check reports a hanging or refusing queue, and ok again once the queue is back", async () => {
    const gateway = anotherGateway(port());
    const answers = [
      () => Promise.withResolvers<boolean>().promise,
      () => Promise.reject(new Error("refused")),
      () => Promise.resolve(true),
    ];
    let at = 0;
    const address = { host: "127.0.0.1", port: Number(process.env.REDIS_PORT), tls: false };
    const cache = openCache(address, patient);
    const queueReachable = () => answers[at++]!();
    const health = healthCheck({ db: gateway.db, cache, clock: world.clock, queueReachable });
    for (const queue of [false, false, true]) {
      expect(await health()).toEqual({ ...well, status: queue ? "ok" : "unavailable", queue });
      await world.passes(10);
    }
    // When the clock is set back, the cached result is not used.
    at = 2;
    world.clock.advance(-60_000);
    expect(await health()).toMatchObject({ status: "ok" });
    expect(at).toBe(3);
    cache.close();
    await gateway.close();
  });
});
