import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../../lib/open-gateway.ts";
import { runVerb } from "../../lib/ops/run-verb.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { openWorld, type World } from "../steps/world.ts";

let world: World;
let gateways: Gateway[];

beforeAll(async () => {
  world = await openWorld();
  gateways = Array.from({ length: 4 }, anotherGateway);
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await world.stop();
});

/** What came of the same call by several operators at once: `0` for done, else the code. */
async function allAtOnce(verb: string, args: object): Promise<number[]> {
  const answers = await Promise.all(gateways.map((gateway) => runVerb(gateway, verb, args)));
  return answers.map((answer) => (answer.ok ? 0 : answer.code)).sort();
}

describe("made by several operators at once,", () => {
  it("a merchant is there once, and the others are told so", async () => {
    const username = `shop-${randomUUID().slice(0, 8)}`;
    expect(await allAtOnce("merchant create", { username })).toEqual([0, 1005, 1005, 1005]);
  });

  it("a config is there once, and the others are asked to try again", async () => {
    const { username, accounts } = await world.openShop("alipay");
    const args = {
      merchant: username,
      provider: "alipay",
      name: "new",
      data: JSON.stringify(accounts.alipay),
    };
    const codes = await allAtOnce("config set", args);
    expect(codes[0]).toBe(0);
    expect(codes.filter((code) => code !== 0 && code !== 1005)).toEqual([]);
    const configs = await world.ops<{ name: string }[]>("config list", { merchant: username });
    expect(configs.filter(({ name }) => name === "new")).toHaveLength(1);
  });
});
