import path from "node:path";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { migrate } from "../../lib/storage/migrate.ts";
import { startDatabase } from "../../scripts/local/services/database.ts";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { captureScenario } from "./capture-scenario.ts";
import { closeScenario } from "./close-scenario.ts";
import { createScenario } from "./create-scenario.ts";
import { deliveryScenario } from "./delivery-scenario.ts";
import { type FaultWorld, openFaultWorld } from "./fault-world.ts";
import { playAtStep } from "./play.ts";
import { refundScenario } from "./refund-scenario.ts";
import { webhookScenario } from "./webhook-scenario.ts";

// The matrix injects faults into the functions; here the servers themselves fail, once for each group of steps.

let database: LocalServer;
let proxy: DatabaseProxy;
let world: FaultWorld;

beforeAll(async () => {
  database = await startDatabase({ dir: path.join(inject("runFolder"), `failover-${process.pid}`) });
  await migrate(database.url);
  proxy = await startDatabaseProxy({ host: "127.0.0.1", port: database.port });
  process.env.DATABASE_URL = Object.assign(new URL(database.url), { port: String(proxy.port) }).href;
  world = await openFaultWorld(["stripe", "paypal"], database.url);
});
afterAll(async () => {
  await world.stop();
  proxy.stop();
  await database.stop();
});

type Disturb = Parameters<typeof playAtStep>[3];

/** By group: plays its scenario, and calls `happens` while it is held before the commit of this step. */
const groups: Record<string, (happens: Disturb) => Promise<void>> = {
  create: (happens) => playAtStep(world, createScenario(world), "C3", happens),
  webhook: (happens) => playAtStep(world, webhookScenario(world), "W2", happens),
  delivery: (happens) => playAtStep(world, deliveryScenario(world), "N2", happens),
  refund: (happens) => playAtStep(world, refundScenario(world), "R3", happens),
  capture: (happens) => playAtStep(world, captureScenario(world), "K3", happens),
  close: (happens) => playAtStep(world, closeScenario(world), "X2", happens),
};

describe.each(Object.keys(groups))("failover: %s", (group) => {
  it(`${group}: ends correctly when the response to its COMMIT is lost`, async () => {
    let lost: Promise<void> | undefined;
    await groups[group]!(async () => {
      lost = proxy.loseAnswerTo(/^commit$/);
    });
    await lost;
  });

  it(`${group}: ends correctly when the database is down from before its COMMIT until it has given up`, () =>
    groups[group]!(async (held) => {
      await world.rows.close();
      await database.kill();
      held.release();
      await held.over;
      await database.restart();
      await world.reconnect();
    }));
});

describe.each(Object.keys(groups))("failover of Redis: %s", (group) => {
  it(`${group}: ends correctly when Redis dies and stays down`, () =>
    groups[group]!(() => world.redis.kill()));
});
