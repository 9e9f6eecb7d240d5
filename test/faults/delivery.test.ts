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

describe("fault matrix: delivery", () => {
  it.each(cellsOf("delivery"))("a notification reaches the merchant despite the fault $name", (cell) =>
    play(world, deliveryScenario(world), cell),
  );
});
