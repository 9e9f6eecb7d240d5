import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../../lib/gateway.ts";
import { runCommand } from "../../lib/ops/run-command.ts";
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

/** Runs a command concurrently as four operators; returns `0` for each success, else the error code, sorted. */
async function allAtOnce(command: string, args: object): Promise<number[]> {
  const answers = await Promise.all(gateways.map((gateway) => runCommand(gateway, command, args)));
  return answers.map((answer) => (answer.ok ? 0 : answer.code)).sort();
}

describe("concurrent creation", () => {
  it("concurrent merchant create commands with the same name create one merchant and refuse the others", async () => {
    const username = `shop-${randomUUID().slice(0, 8)}`;
    expect(await allAtOnce("merchant create", { username })).toEqual([0, 1005, 1005, 1005]);
  });

  it("concurrent config set commands store one config; the others succeed or get a conflict", async () => {
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
