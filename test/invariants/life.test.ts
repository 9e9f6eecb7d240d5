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

describe("database invariants", () => {
  it.each(Object.entries(life))("all invariants hold after %s", async (_what, happens) => {
    await happens(here);
    expect(await broken()).toEqual([]);
  });

  it("all invariants, those of a database at rest included, hold after all work has ended", async () => {
    await comeToRest(here);
    expect(await broken([...invariants, ...restInvariants])).toEqual([]);
  });
});
