import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariants, restInvariants } from "../../scripts/invariants/invariants.ts";
import { comeToRest, life } from "./life.ts";
import { openLife } from "./open-life.ts";
import { openViolated, type Violated } from "./violated.ts";
import { restViolations } from "./violations/at-rest.ts";
import type { Violations } from "./violations/violation.ts";
import { violations } from "./violations/violations.ts";

const cases = (table: Violations) =>
  Object.entries(table).flatMap(([name, ways]) =>
    ways.map((violation, at) => ({ name, violation, way: at + 1 })),
  );
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

const databases: Record<string, Violated> = {};
beforeAll(async () => {
  const here = await openLife();
  for (const happens of Object.values(life)) await happens(here);
  databases.at_work = await openViolated("at_work", here.world.clock.now());
  await comeToRest(here);
  databases.at_rest = await openViolated("at_rest", here.world.clock.now());
  await here.stop();
});
afterAll(() => Promise.all(Object.values(databases).map((database) => database.close())));

describe.each([
  { where: "at_work", violated: violations, list: invariants },
  { where: "at_rest", violated: restViolations, list: restInvariants },
])("invariants of a database $where", ({ where, violated, list }) => {
  const find = (violation: string[]) => databases[where]!.find(violation, list);

  it.each(cases(violated))(
    "the invariant “$name” is the only one reported for its violation ($way)",
    async ({ name, violation }) => {
      const broken = await find(violation);
      expect(names(broken)).toEqual([name]);
      expect(broken[0]!.rows).not.toEqual([]);
    },
  );

  it("no invariant is reported as broken in a database without violations", async () => {
    expect(await find([])).toEqual([]);
  });

  it("every invariant has a unique name and at least one violation that breaks it", () => {
    expect(Object.keys(violated).sort()).toEqual(names(list).sort());
  });
});
