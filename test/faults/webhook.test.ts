import { afterAll, beforeAll, describe, it } from "vitest";
import { type FaultWorld, openFaultWorld } from "./fault-world.ts";
import { cellsOf } from "./matrix.ts";
import { play } from "./play.ts";
import { webhookScenario } from "./webhook-scenario.ts";

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld(["stripe"]);
});
afterAll(() => world.stop());

describe("what a provider says is settled and told once, whatever happens", () => {
  it.each(cellsOf("webhook"))("$name", (cell) => play(world, webhookScenario(world), cell));
});
