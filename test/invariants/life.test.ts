import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokenInvariants } from "../../scripts/invariants/invariants.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { openRows } from "../steps/rows.ts";
import { openWorld } from "../steps/world.ts";
import { type Life, life } from "./life.ts";

let here: Life;

beforeAll(async () => {
  const world = await openWorld();
  const shops = { shop: await world.openShop(), other: await world.openShop("stripe", "alipay") };
  here = { world, rows: await openRows(), gateway: anotherGateway(), ...shops };
});
afterAll(async () => {
  await here.gateway.close();
  await here.rows.close();
  await here.world.stop();
});

describe("the invariants", () => {
  it.each(Object.entries(life))("hold after %s", async (_what, happens) => {
    await happens(here);
    expect(await brokenInvariants(here.rows.query, here.world.clock.now())).toEqual([]);
  });
});
