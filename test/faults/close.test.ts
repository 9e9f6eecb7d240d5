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

describe("a payment is closed on both sides, whatever happens", () => {
  it.each(cellsOf("close"))("$name", (cell) => play(world, closeScenario(world), cell));
});
