import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newApiKey } from "../../lib/merchants/api-key.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { rawCall } from "../steps/raw-call.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let other: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  other = await world.openShop();
  api = apiOf(world, shop);
});
afterAll(() => world.stop());

type NewKey = { api_key: string; key_id: string };
const newKey = (merchant: string, scopes?: string) =>
  world.ops<NewKey>("key create", { merchant, ...(scopes && { scopes }) });
const newMerchant = async () => {
  const username = `shop-${randomUUID().slice(0, 8)}`;
  await world.ops("merchant create", { username });
  return username;
};
const withKey = (apiKey: string) => apiOf(world, { ...shop, apiKey });

describe("isolation of orders", () => {
  it("an order whose row names another merchant's or provider's config is never fetched with it", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    const { db, configs } = openGateway();
    const { payment } = (await findOrder(db, shop.userId, { orderNo: String(data.order_no) }))!;
    expect(await configs.of(payment)).toMatchObject({ id: shop.configs.stripe });
    for (const configId of [other.configs.stripe!, shop.configs.alipay!])
      await expect(configs.of({ ...payment, configId })).rejects.toMatchObject({
        failure: "config_not_found",
      });
  });

  it("two merchants may use the same out_trade_no", async () => {
    const order = anOrder({ provider: "stripe" });
    const mine = await api.create(order);
    const theirs = await apiOf(world, other).create({ ...order, amount: "99.00" });
    expect(theirs).toMatchObject({ status: 200 });
    expect(theirs.data.order_no).not.toBe(mine.data.order_no);
    const found = await api.call("GET", `/api/v1/payment/query?out_trade_no=${order.out_trade_no}`);
    expect(found.data).toMatchObject({ order_no: mine.data.order_no, amount: 12.34 });
  });

  it("an order is not found by its number in another case", async () => {
    const { data } = await api.create(anOrder({ provider: "stripe", out_trade_no: "Case-1" }));
    expect(await api.query(String(data.order_no).toLowerCase())).toMatchObject({ status: 404, code: 2007 });
    const answer = await api.call("GET", "/api/v1/payment/query?out_trade_no=case-1");
    expect(answer).toMatchObject({ status: 404, code: 2007 });
  });

  // The database ignores a trailing space when it compares texts.
  const impossible = [
    "x".repeat(65),
    "Case-1%20",
    "%00",
    "%ff",
    "%ED%A0%80",
    "..%2f..",
    "'%20OR%201=1",
    "{order_no}",
  ];
  it.each(impossible)("a query for an id that no order can have is refused: %s", async (id) => {
    await api.create(anOrder({ provider: "stripe", out_trade_no: "Case-1" }));
    for (const [field, path] of [
      ["out_trade_no", `/api/v1/payment/query?out_trade_no=${id}`],
      ["order_no", `/api/v1/payment/query/${id}`],
      ["order_no", `/api/v1/payment/timeline/${id}`],
    ]) {
      expect(await api.call("GET", path!)).toMatchObject({ status: 400, code: 1001, errors: [{ field }] });
    }
  });

  it.each(["", "?out_trade_no=", "?out_trade_no=a&order_no=b", "?out_trade_no=a&out_trade_no=b"])(
    "a query without exactly one out_trade_no is refused: /payment/query%s",
    async (query) => {
      expect(await api.call("GET", `/api/v1/payment/query${query}`)).toMatchObject({
        status: 400,
        code: 1001,
      });
    },
  );
});

describe("API keys", () => {
  const refused = { status: 401, code: 1002 };

  it("a call without an API key is refused", async () => {
    expect(await rawCall(world, { headers: {} })).toMatchObject(refused);
    expect(await withKey("").query("UNI1")).toMatchObject(refused);
  });

  it("an API key is accepted in its own header only", async () => {
    const answer = await rawCall(world, {
      method: "GET",
      path: `/api/v1/payment/query/UNI1?api_key=${shop.apiKey}`,
      headers: { authorization: `Bearer ${shop.apiKey}`, cookie: `x-api-key=${shop.apiKey}` },
    });
    expect(answer).toMatchObject(refused);
  });

  it("a malformed, mistyped, cut or invented API key is refused with one and the same message", async () => {
    const typo = shop.apiKey.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const madeUp = newApiKey(shop.userId).text;
    const keys = [
      "ak_",
      "secret",
      typo,
      shop.apiKey.slice(0, -1),
      `${shop.apiKey}0`,
      shop.apiKey.toUpperCase(),
      madeUp,
    ];
    const messages = new Set<string>();
    for (const key of keys) {
      const answer = await withKey(key).create(anOrder());
      expect(answer).toMatchObject(refused);
      messages.add(answer.message);
    }
    expect(messages.size).toBe(1);
  });

  it("an API key works until it is revoked, and at most a minute longer", async () => {
    const username = await newMerchant();
    const { api_key, key_id } = await newKey(username);
    expect(await withKey(api_key).query("UNI1")).toMatchObject({ status: 404 });
    await world.ops("key revoke", { merchant: username, key_id });
    await world.passes(60);
    expect(await withKey(api_key).query("UNI1")).toMatchObject(refused);
  });

  const lacking: [string, string, (narrow: Api) => ReturnType<Api["query"]>][] = [
    ["query", "create", (narrow) => narrow.create(anOrder())],
    ["query", "create", (narrow) => narrow.close("UNI1")],
    ["create", "query", (narrow) => narrow.query("UNI1")],
    ["create,refund,notify", "query", (narrow) => narrow.call("GET", "/api/v1/payment/timeline/UNI1")],
  ];
  it.each(lacking)(
    "an API key with the scopes %s may make no call that needs the scope %s",
    async (scopes, missing, ask) => {
      const { api_key } = await newKey(await newMerchant(), scopes);
      const answer = await ask(withKey(api_key));
      expect(answer).toMatchObject({
        status: 403,
        code: 1003,
        message: expect.stringContaining(`"${missing}"`),
      });
    },
  );
});

describe("disabled merchants", () => {
  it("a disabled merchant cannot create payments, keeps its existing ones, and can create once enabled", async () => {
    const third = await world.openShop();
    const theirs = apiOf(world, third);
    const order = anOrder({ provider: "stripe" });
    const { data } = await theirs.create(order);
    await world.ops("merchant disable", { merchant: third.username });
    await world.passes(60);

    expect(await theirs.create(anOrder({ provider: "stripe" }))).toMatchObject({ status: 403, code: 1003 });
    expect(await theirs.query(String(data.order_no))).toMatchObject({
      status: 200,
      data: { status: "pending" },
    });
    expect((await theirs.create(order)).data).toEqual(data);
    expect(await theirs.close(String(data.order_no))).toMatchObject({
      status: 200,
      data: { status: "closed" },
    });

    await world.ops("merchant enable", { merchant: third.username });
    await world.passes(60);
    expect(await theirs.create(anOrder({ provider: "stripe" }))).toMatchObject({ status: 200 });
  });
});

describe("unknown routes", () => {
  const unknown: [string, string][] = [
    ["GET", "/"],
    ["GET", "/api/v1/payment/create"],
    ["DELETE", "/api/v1/payment/query/UNI1"],
    ["POST", "/api/v1/payment/create/"],
    ["POST", "/api/v2/payment/create"],
    ["POST", "/api/v1/public/notify/nobody/1"],
    ["GET", "/api/v1/payment/query/a/b"],
  ];
  it.each(unknown)("an unknown route answers 404 in the envelope: %s %s", async (method, path) => {
    const answer = await rawCall(world, { method, path, headers: { "x-api-key": shop.apiKey } });
    expect(answer).toMatchObject({ status: 404, code: 1004, request_id: expect.any(String) });
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  });
});
