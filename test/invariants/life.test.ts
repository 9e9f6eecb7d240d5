import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokenInvariants, invariants, restInvariants } from "../../scripts/invariants/invariants.ts";
import { comeToRest, life } from "./life.ts";
import { openLife } from "./open-life.ts";

let here: Awaited<ReturnType<typeof openLife>>;
beforeAll(async () => {
  here = await openLife();
});
afterAll(() => here.stop());

const broken = (list = invariants) => brokenInvariants(here.rows.query, here.world.clock.now(), list);

describe("every invariant", () => {
  it.each(Object.entries(life))("holds after %s", async (_what, happens) => {
    await happens(here);
    expect(await broken()).toEqual([]);
  });

  it("holds when all has come to rest, and then nothing is left to do", async () => {
    await comeToRest(here);
    expect(await broken([...invariants, ...restInvariants])).toEqual([]);
  });
});
