import { afterAll, beforeAll, describe, it } from "vitest";
import { deliveryScenario } from "./delivery-scenario.ts";
import { type FaultWorld, openFaultWorld } from "./fault-world.ts";
import { cellsOf } from "./matrix.ts";
import { play } from "./play.ts";

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld(["stripe"]);
});
afterAll(() => world.stop());

describe("a notification arrives, whatever happens", () => {
  it.each(cellsOf("delivery"))("$name", (cell) => play(world, deliveryScenario(world), cell));
});
