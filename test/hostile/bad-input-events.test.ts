import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { expectTablesUnchanged } from "../steps/unchanged-tables.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
  await api.create(anOrder({ provider: "stripe" }));
});
expectTablesUnchanged();
afterAll(() => world.stop());

const routes: Record<string, string> = {
  "create-payment": "POST /api/v1/payment/create",
  "list-payments": "GET /api/v1/payment/list",
  "query-payment": "GET /api/v1/payment/query/{order_no}",
  "payment-return": "GET /api/v1/public/return/{provider}/{order_no}",
  "webhooks/stripe": "POST /api/v1/public/notify/stripe/{config_id}",
  health: "GET /health",
};

/** An event of API Gateway with changes. */
function eventOf(entry: string, changes: Data, http: Data = {}, context: Data = {}) {
  const [method = "", path = ""] = (routes[entry] ?? "GET /x").split(" ");
  return {
    version: "2.0",
    routeKey: routes[entry],
    rawPath: path,
    rawQueryString: "",
    headers: { "x-api-key": shop.apiKey, "content-type": "application/json" },
    requestContext: {
      requestId: "r-1",
      timeEpoch: Date.now(),
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "x", ...http },
      ...context,
    },
    isBase64Encoded: false,
    ...changes,
  };
}

type Answer = { statusCode: number; headers: Data; body: string };

async function expectAnswer(event: unknown, entry: string, statusCode: number, code?: number) {
  const answer = (await invoke(entry, event)) as Answer;
  const said = code === undefined ? undefined : JSON.parse(answer.body).code;
  expect({ statusCode: answer.statusCode, code: said }).toEqual({ statusCode, code });
  expect(answer.body).not.toContain(shop.apiKey);
}

describe("unusual API Gateway events", () => {
  const key = () => ({ "x-api-key": shop.apiKey });
  const order = JSON.stringify({ provider: "stripe", out_trade_no: "e-1", subject: "Tea", amount: 0 });
  const base64 = Buffer.from(order).toString("base64");
  const json = { "content-type": "application/json" };

  const creates: [string, () => Data, number, number][] = [
    ["without headers", () => ({ headers: undefined }), 401, 1002],
    ["with null headers", () => ({ headers: null }), 401, 1002],
    ["with an empty headers object", () => ({ headers: {} }), 401, 1002],
    ["without a content type", () => ({ headers: key() }), 400, 1001],
    ["with an empty content type", () => ({ headers: { ...key(), "content-type": "" } }), 400, 1001],
    [
      "with two content types",
      () => ({ headers: { ...key(), "content-type": "application/json,text/plain" } }),
      400,
      1001,
    ],
    ["without a body", () => ({}), 400, 1001],
    ["with a null body", () => ({ body: null }), 400, 1001],
    ["with a null body marked as base64", () => ({ body: null, isBase64Encoded: true }), 400, 1001],
    ["with a base64 body not marked as base64", () => ({ body: base64 }), 400, 1001],
    ["with a text body marked as base64", () => ({ body: order, isBase64Encoded: true }), 400, 1001],
    ["with invalid base64", () => ({ body: "%%%%", isBase64Encoded: true }), 400, 1001],
    ["with truncated base64", () => ({ body: base64.slice(0, 21), isBase64Encoded: true }), 400, 1001],
    [
      "with a body in base64 twice",
      () => ({ body: Buffer.from(base64).toString("base64"), isBase64Encoded: true }),
      400,
      1001,
    ],
    [
      "with base64 of bytes that are not UTF-8",
      () => ({ body: "//79/A==", isBase64Encoded: true }),
      400,
      1001,
    ],
    ["with a wrong amount in base64", () => ({ body: base64, isBase64Encoded: true }), 400, 1001],
    ["without isBase64Encoded", () => ({ body: order, isBase64Encoded: undefined }), 400, 1001],
    ["with cookies and stage variables", () => ({ cookies: ["a=b"], stageVariables: { a: "b" } }), 400, 1001],
    ["of another route", () => ({ routeKey: "GET /api/v1/nothing" }), 404, 1004],
    ["of the default route", () => ({ routeKey: "$default" }), 404, 1004],
    ["without a route", () => ({ routeKey: undefined }), 404, 1004],
    ["of the route __proto__", () => ({ routeKey: "__proto__" }), 404, 1004],
  ];
  it.each(creates)("a create event %s is refused", (_what, changes, status, code) =>
    expectAnswer(eventOf("create-payment", changes()), "create-payment", status, code),
  );

  const others: [string, string, () => Data, number, number | undefined][] = [
    ["a query without an order number", "query-payment", () => ({}), 400, 1001],
    ["a query with null path parameters", "query-payment", () => ({ pathParameters: null }), 400, 1001],
    ["a buyer's return without path parameters", "payment-return", () => ({}), 404, 2007],
    [
      "a buyer's return without a provider",
      "payment-return",
      () => ({ pathParameters: { order_no: "UNI1" } }),
      404,
      2007,
    ],
    ["a buyer's return without headers", "payment-return", () => ({ headers: undefined }), 404, 2007],
    ["a webhook without a config", "webhooks/stripe", () => ({ body: "{}" }), 401, 2002],
    ["a webhook without headers", "webhooks/stripe", () => ({ headers: undefined, body: "{}" }), 401, 2002],
    [
      "a webhook of an existing config without a body",
      "webhooks/stripe",
      () => ({ pathParameters: { config_id: shop.configs.stripe } }),
      401,
      2002,
    ],
    [
      "a webhook of an existing config without headers",
      "webhooks/stripe",
      () => ({ pathParameters: { config_id: shop.configs.stripe }, headers: undefined, body: "{}" }),
      401,
      2002,
    ],
    [
      "a webhook of an existing config in invalid base64",
      "webhooks/stripe",
      () => ({ pathParameters: { config_id: shop.configs.stripe }, body: "%%%", isBase64Encoded: true }),
      401,
      2002,
    ],
    [
      "a health check without headers and query",
      "health",
      () => ({ headers: undefined, rawQueryString: undefined }),
      200,
      undefined,
    ],
    ["a health check with a null query", "health", () => ({ queryStringParameters: null }), 200, undefined],
  ];
  it.each(others)("an event for %s gets its regular response", (_what, entry, changes, status, code) =>
    expectAnswer(eventOf(entry, changes()), entry, status, code),
  );

  const lists: [string, Data, Data][] = [
    ["without a user agent", { userAgent: undefined }, {}],
    ["without a source address", { sourceIp: undefined }, {}],
    ["with a long user agent", { userAgent: "x".repeat(10_000) }, {}],
    ["with a user agent of unpaired surrogates", { userAgent: "\ud800\udfff\u0000" }, {}],
    ["with a long path", { path: `/api/v1/payment/list${"/a".repeat(5_000)}` }, {}],
    ["without a request id", {}, { requestId: undefined }],
    ["with a long request id", {}, { requestId: "r".repeat(5_000) }],
  ];
  it.each(lists)("an event for a list %s is answered", (_what, http, context) =>
    expectAnswer(
      eventOf("list-payments", { headers: { ...key(), ...json } }, http, context),
      "list-payments",
      200,
      0,
    ),
  );
});
