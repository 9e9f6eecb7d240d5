import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { rawCall } from "../steps/raw-call.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
});
afterAll(() => world.stop());

describe("unusual but valid creates", () => {
  it.each([
    [
      "emoji and many scripts",
      { subject: "🍵 绿茶 শাক चाय 👩‍👩‍👧", body: "two\nlines\tand a tab", metadata: { "🍵": "ok" } },
    ],
    ["256 Chinese characters", { subject: "绿".repeat(256) }],
    [
      "text that looks like markup or SQL",
      { subject: "<b>'; DROP TABLE users; --\\</b>", body: "%s {0} $1" },
    ],
    ["JavaScript property names", { metadata: { constructor: "a", toString: "b" } }],
  ] as [string, Data][])("a payment created with %s is returned as it was sent", async (_what, texts) => {
    const { status, data } = await api.create(anOrder({ provider: "stripe", ...texts }));
    expect(status).toBe(200);
    expect((await api.query(String(data.order_no))).data).toMatchObject(texts);
  });

  it.each(["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])(
    "a create accepts the content type %s",
    async (type) => {
      const body = JSON.stringify(anOrder({ provider: "stripe" }));
      const answer = await rawCall(world, {
        headers: { "x-api-key": shop.apiKey, "content-type": type },
        body,
      });
      expect(answer).toMatchObject({ status: 200, code: 0 });
    },
  );

  it("a payment of 99,999,999 JPY is returned with the exact amount", async () => {
    const order = anOrder({ provider: "stripe", amount: "99999999", currency: "JPY" });
    const { data } = await api.create(order);
    expect((await api.query(String(data.order_no))).data.amount).toBe(99_999_999);
  });
});
