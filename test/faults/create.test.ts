import { afterAll, beforeAll, describe, it } from "vitest";
import { createScenario } from "./create-scenario.ts";
import { type FaultWorld, openFaultWorld } from "./fault-world.ts";
import { cellsOf } from "./matrix.ts";
import { play } from "./play.ts";

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld(["stripe"]);
});
afterAll(() => world.stop());

describe("fault matrix: create", () => {
  it.each(cellsOf("create"))("a create request ends in exactly one payment despite the fault $name", (cell) =>
    play(world, createScenario(world), cell),
  );
});
