import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariants, restInvariants } from "../../scripts/invariants/invariants.ts";
import { comeToRest, life } from "./life.ts";
import { openLife } from "./open-life.ts";
import { openPlanted, type Planted } from "./planted.ts";
import { restPlants } from "./plants/at-rest.ts";
import type { Plants } from "./plants/plant.ts";
import { plants } from "./plants/plants.ts";

const cases = (table: Plants) =>
  Object.entries(table).flatMap(([name, ways]) => ways.map((plant, at) => ({ name, plant, way: at + 1 })));
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

const databases: Record<string, Planted> = {};
beforeAll(async () => {
  const here = await openLife();
  for (const happens of Object.values(life)) await happens(here);
  databases.at_work = await openPlanted("at_work", here.world.clock.now());
  await comeToRest(here);
  databases.at_rest = await openPlanted("at_rest", here.world.clock.now());
  await here.stop();
});
afterAll(() => Promise.all(Object.values(databases).map((database) => database.close())));

describe.each([
  { where: "at_work", planted: plants, list: invariants },
  { where: "at_rest", planted: restPlants, list: restInvariants },
])("in a database $where", ({ where, planted, list }) => {
  const find = (plant: string[]) => databases[where]!.find(plant, list);

  it.each(cases(planted))(
    "what breaks “$name” is found, and nothing else ($way)",
    async ({ name, plant }) => {
      const broken = await find(plant);
      expect(names(broken)).toEqual([name]);
      expect(broken[0]!.rows).not.toEqual([]);
    },
  );

  it("nothing is found where nothing was planted", async () => {
    expect(await find([])).toEqual([]);
  });

  it("every query has a plant and a name of its own", () => {
    expect(Object.keys(planted).sort()).toEqual(names(list).sort());
  });
});
