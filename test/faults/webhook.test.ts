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

describe("fault matrix: webhook", () => {
  it.each(cellsOf("webhook"))(
    "a provider's webhook settles the payment and notifies the merchant once despite the fault $name",
    (cell) => play(world, webhookScenario(world), cell),
  );
});
