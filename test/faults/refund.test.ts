import { afterAll, beforeAll, describe, it } from "vitest";
import { type FaultWorld, openFaultWorld } from "./fault-world.ts";
import { cellsOf } from "./matrix.ts";
import { play } from "./play.ts";
import { refundScenario } from "./refund-scenario.ts";

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld(["stripe"]);
});
afterAll(() => world.stop());

describe("fault matrix: refund", () => {
  it.each(cellsOf("refund"))("a refund is made exactly once despite the fault $name", (cell) =>
    play(world, refundScenario(world), cell),
  );
});
