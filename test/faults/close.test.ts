import { afterAll, beforeAll, describe, it } from "vitest";
import { closeScenario } from "./close-scenario.ts";
import { type FaultWorld, openFaultWorld } from "./fault-world.ts";
import { cellsOf } from "./matrix.ts";
import { play } from "./play.ts";

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld(["stripe"]);
});
afterAll(() => world.stop());

describe("fault matrix: close", () => {
  it.each(cellsOf("close"))(
    "a close request ends in the same status here and at the provider despite the fault $name",
    (cell) => play(world, closeScenario(world), cell),
  );
});
