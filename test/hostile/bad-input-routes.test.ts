import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { type RawRequest, rawRequest } from "../steps/raw-request.ts";
import { expectTablesUnchanged } from "../steps/unchanged-tables.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;
let orderNo: string;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
  const return_url = "https://shop.example/back?lang=en";
  orderNo = String((await api.create(anOrder({ provider: "stripe", return_url }))).data.order_no);
  await api.close(orderNo);
  await world.queues.drain();
});
expectTablesUnchanged();
afterAll(() => world.stop());

const ask = (input: RawRequest) =>
  rawRequest(world, { ...input, headers: { "x-api-key": shop.apiKey, ...input.headers } });

/** Expects a refusal by the gateway itself, without a secret in the response. */
async function expectRefused(input: RawRequest, status: number, code: number, field?: string) {
  const answer = await ask(input);
  const said = JSON.parse(answer.text) as { code: number; data?: unknown; errors?: { field: string }[] };
  expect({ status: answer.status, code: said.code }).toEqual({ status, code });
  expect(said.data).toBeUndefined();
  if (field !== undefined) expect(said.errors?.map((error) => error.field)).toEqual([field]);
  const secrets = [shop.apiKey, shop.webhookSecret, ...Object.values(shop.accounts.stripe!)];
  for (const secret of secrets.filter(({ length }) => length > 20)) expect(answer.text).not.toContain(secret);
}

describe("numbers in the path", () => {
  const routes: [string, string, string, number][] = [
    ["GET", "query", "order_no", 2007],
    ["GET", "timeline", "order_no", 2007],
    ["POST", "close", "order_no", 2007],
    ["POST", "notify/resend", "order_no", 2007],
    ["GET", "refund", "refund_no", 1004],
  ];
  const malformed: [string, string][] = [
    ["that is a NUL", "%00"],
    ["with a trailing NUL", "UNI1%00"],
    ["with a trailing space", "UNI1%20"],
    ["that is a space", "%20"],
    ["with a line break", "UNI1%0d%0aset-cookie:%20a=1"],
    ["with an encoded slash", "..%2F..%2Fhealth"],
    ["with a slash encoded twice", "..%252F..%252Fhealth"],
    ["of dots", "..."],
    ["of Chinese characters", "%E8%AE%A2%E5%8D%95"],
    ["of full-width digits", "%EF%BC%91%EF%BC%92"],
    ["of an emoji", "%F0%9F%8D%B5"],
    ["of bytes that are not UTF-8", "%ff%fe"],
    ["with invalid percent-encoding", "%zz"],
    ["with SQL", "'%20OR%20'1'='1"],
    ["with HTML", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"],
    ["with a wildcard", "UNI%25"],
    ["of 65 characters", "a".repeat(65)],
    ["of 8,000 characters", "a".repeat(8_000)],
    ["that is the route's placeholder", "{order_no}"],
    ["with a matrix parameter", "UNI1;a=1"],
  ];
  const unknown: [string, string][] = [
    ["that does not exist", "UNI20260101000000000000000000000"],
    ["__proto__", "__proto__"],
    ["constructor", "constructor"],
    ["null", "null"],
    ["of 64 characters", "a".repeat(64)],
    ["of 40 digits", "9".repeat(40)],
  ];

  describe.each(routes)("%s %s/{number}", (method, name, field, code) => {
    const route = `${method} ${name}/{number}`;
    const path = (number: string) => `/api/v1/payment/${name}/${number}`;

    it.each(malformed)(
      `${route} with a number %s is refused, and the response names its field`,
      (_what, number) => expectRefused({ method, path: path(number) }, 400, 1001, field),
    );
    it.each(unknown)(`${route} with a number %s is not found`, (_what, number) =>
      expectRefused({ method, path: path(number) }, 404, code),
    );
    it(`${route} with an empty number, or with more path after it, is not a route`, async () => {
      for (const number of ["", `${orderNo}/`, `${orderNo}/x`]) {
        const isFind = name === "query" && number === "";
        await expectRefused({ method, path: path(number) }, 404, 1004);
        if (isFind) await expectRefused({ path: path("").slice(0, -1) }, 400, 1001, "out_trade_no");
      }
    });
    it(`${route} with a number in another case is not found`, () =>
      expectRefused({ method, path: path(orderNo.toLowerCase()) }, 404, code));
  });
});

describe("the buyer's return page", () => {
  const location = () => `https://shop.example/back?lang=en&order_no=${orderNo}`;
  const back = (place: string, query = "", headers = {}) =>
    rawRequest(world, { path: `/api/v1/public/return/${place}${query}`, headers });

  const odd: [string, (orderNo: string) => string][] = [
    ["another provider", (number) => `alipay/${number}`],
    ["a provider in upper case", (number) => `STRIPE/${number}`],
    ["a provider with a trailing space", (number) => `stripe%20/${number}`],
    ["a provider with a NUL", (number) => `stripe%00/${number}`],
    ["a provider with a full-width letter", (number) => `%EF%BD%93tripe/${number}`],
    ["the provider __proto__", (number) => `__proto__/${number}`],
    ["a number with a trailing space", (number) => `stripe/${number}%20`],
    ["a number with a trailing NUL", (number) => `stripe/${number}%00`],
    ["a number in lower case", (number) => `stripe/${number.toLowerCase()}`],
    ["a number with a wildcard", (number) => `stripe/${number.slice(0, -1)}_`],
    ["a URL instead of a number", () => "stripe/https:%2F%2Fevil.example"],
    ["a URL without a scheme instead of a number", () => "stripe/%2F%2Fevil.example"],
    ["a script instead of a number", () => "stripe/%3Cscript%3Ealert(1)%3C%2Fscript%3E"],
    ["a line break in its number", () => "stripe/UNI1%0d%0alocation:%20https:%2F%2Fevil.example"],
    ["a very long number", () => `stripe/${"9".repeat(7_000)}`],
    ["an invalidly encoded number", () => "stripe/%zz"],
  ];
  it.each(odd)("a return page with %s finds no order and redirects nowhere", async (_what, place) => {
    const answer = await back(place(orderNo));
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.headers.location).toBeUndefined();
    expect(JSON.parse(answer.text)).toMatchObject({ code: 2007, message: "no such order" });
  });

  const queries: [string, string][] = [
    ["another return_url", "?return_url=https://evil.example"],
    ["another order_no", "?order_no=UNI1&order_no=UNI2"],
    ["redirect parameters", "?redirect=//evil.example&next=https://evil.example&url=javascript:alert(1)"],
    ["a line break", "?a=%0d%0alocation:%20https://evil.example"],
    ["a status", "?status=success&trade_status=TRADE_SUCCESS&total_amount=0.01"],
    ["prototype names", "?__proto__[location]=https://evil.example&constructor=1"],
    ["8,000 characters", `?a=${"b".repeat(8_000)}`],
    ["bytes that are not UTF-8", "?a=%ff%fe&%zz"],
  ];
  it.each(queries)(
    "a return page with %s in its query redirects to the stored URL only",
    async (_what, query) => {
      const answer = await back(`stripe/${orderNo}`, query);
      expect({ status: answer.status, location: answer.headers.location }).toEqual({
        status: 302,
        location: location(),
      });
    },
  );

  it.each([
    ["host", "evil.example"],
    ["x-forwarded-host", "evil.example"],
    ["x-forwarded-proto", "javascript"],
    ["referer", "https://evil.example/?a=1"],
    ["x-original-url", "/health"],
  ])("a return page requested with the header %s redirects to the stored URL only", async (name, value) => {
    const answer = await back(`stripe/${orderNo}`, "", { [name]: value });
    expect(answer.headers.location).toBe(location());
  });
});

describe("API keys", () => {
  const keys: [string, (key: string) => string | string[]][] = [
    ["with a space inside", (key) => `${key.slice(0, 9)} ${key.slice(9)}`],
    ["sent twice", (key) => [key, key]],
    ["sent together with another key", (key) => [key, "ak_m1k00000000_x"]],
    ["as a bearer token", (key) => `Bearer ${key}`],
    ["in upper case", (key) => key.toUpperCase()],
    ["in quotes", (key) => `"${key}"`],
    ["without its last character", (key) => key.slice(0, -1)],
    ["with an additional character", (key) => `${key}0`],
    ["with another merchant's number", (key) => key.replace(/_m\d+k/, "_m1k")],
    ["cut to its id", (key) => key.split("_").slice(0, 2).join("_")],
    ["of Latin-1 bytes", () => "ak_\xe9\xff"],
    ["of 8,000 characters", () => `ak_m${"1".repeat(8_000)}`],
    ["that is empty", () => ""],
    ["that is SQL", () => "' OR 1=1 -- "],
    ["that is the word null", () => "null"],
  ];
  it.each(keys)("an API key %s is refused", (_what, key) =>
    expectRefused(
      { path: `/api/v1/payment/query/${orderNo}`, headers: { "x-api-key": key(shop.apiKey) } },
      401,
      1002,
    ),
  );

  it.each([
    ["in the query string", { path: "/api/v1/payment/list?x-api-key=KEY&api_key=KEY" }],
    [
      "in the authorization header",
      { path: "/api/v1/payment/list", headers: { authorization: "Bearer KEY" } },
    ],
    ["in a cookie", { path: "/api/v1/payment/list", headers: { cookie: "x-api-key=KEY" } }],
    ["in the body", { path: "/api/v1/payment/list", body: '{"x-api-key":"KEY"}' }],
  ])("an API key %s is ignored", async (_what, input) => {
    const withKey = JSON.parse(JSON.stringify(input).replaceAll("KEY", shop.apiKey)) as RawRequest;
    const answer = await rawRequest(world, withKey);
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain(shop.apiKey);
  });
});
