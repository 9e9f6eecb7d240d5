import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { healthCheck } from "../../lib/health.ts";
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
  it.each(["", "?deep=0", "?deep=", "?deep=true", "?deeper=1"])("asks nobody: %s", async (query) => {
    const asked = proxy.statements.length;
    expect(await ask(query)).toEqual({ status: 200, body: { status: "ok" } });
    expect(proxy.statements).toHaveLength(asked);
  });

  it("with deep=1 asks database, cache and queue once for a hundred who ask at once", async () => {
    const before = checks();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask()));
    expect(answers).toEqual(Array(100).fill({ status: 200, body: well }));
    expect(checks() - before).toBe(1);
  });

  it("with deep=1 says it again for ten seconds and then asks once more, however many come", async () => {
    // A check of its own: one that another test has caused may be seconds old.
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

  it("with deep=1 answers 503 and names what is down, without a word of where and why", async () => {
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

describe("a deep check", () => {
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

  it.each(parts)("names the %s, and it alone, when it refuses", async (part) => {
    const gateway = anotherGateway({ ...port(), ...down[part](await closedPort()) });
    expect(await gateway.health()).toEqual({ ...well, status: "unavailable", [part]: false });
    await gateway.close();
  });

  it.each(["database", "cache"] as const)(
    "waits no longer than a monitor for a %s that is silent",
    async (part) => {
      const silent = await startSilentServer();
      const gateway = anotherGateway({ ...port(), ...down[part](String(silent.port)) });
      expect(await gateway.health()).toEqual({ ...well, status: "unavailable", [part]: false });
      expect(silent.connections()).toBeGreaterThan(0);
      silent.stop();
      await gateway.close();
    },
  );

  it("names all that are down, and says that all is well once it is", async () => {
    const gateway = anotherGateway(port());
    const answers = [
      () => Promise.withResolvers<boolean>().promise,
      () => Promise.reject(new Error("refused")),
      () => Promise.resolve(true),
    ];
    let at = 0;
    const health = healthCheck({ ...gateway, clock: world.clock, queueReachable: () => answers[at++]!() });
    for (const queue of [false, false, true]) {
      expect(await health()).toEqual({ ...well, status: queue ? "ok" : "unavailable", queue });
      await world.passes(10);
    }
    // A clock that was set back does not keep an old answer.
    at = 2;
    world.clock.advance(-60_000);
    expect(await health()).toMatchObject({ status: "ok" });
    expect(at).toBe(3);
    await gateway.close();
  });
});
