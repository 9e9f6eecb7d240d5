import { afterAll, beforeAll, describe, it } from "vitest";
import { captureScenario } from "./capture-scenario.ts";
import { type FaultWorld, openFaultWorld } from "./fault-world.ts";
import { cellsOf } from "./matrix.ts";
import { play } from "./play.ts";

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld(["paypal"]);
});
afterAll(() => world.stop());

describe("fault matrix: capture", () => {
  it.each(cellsOf("capture"))(
    "an approved payment is captured exactly once despite the fault $name",
    (cell) => play(world, captureScenario(world), cell),
  );
});
