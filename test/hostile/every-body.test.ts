import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { merchantContracts } from "../../lib/functions.ts";
import { pathNames } from "../../lib/http/openapi/operations.ts";
import type { ApiAnswer } from "../steps/api.ts";
import { answerTo, eventOf, everyRoute, type Sent } from "../steps/every-route.ts";
import { expectRefused } from "../steps/refused-input.ts";
import { expectTablesUnchanged } from "../steps/unchanged-tables.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("stripe");
  // The first use of a key is stored; the tests expect unchanged tables.
  await call(reading[0]![1], {});
});
expectTablesUnchanged();
afterAll(() => world.stop());

const merchants = merchantContracts.map((contract) => {
  const { input } = contract.example;
  const route = everyRoute.find(({ route }) => route === contract.route)!;
  const inPath = pathNames(contract.route);
  const names = Object.keys(input).filter((name) => !inPath.includes(name));
  const sent = Object.fromEntries(names.map((name) => [name, input[name]]));
  const path = Object.fromEntries(inPath.map((name) => [name, String(input[name])]));
  return [contract.route, { route, contract, sent, path }] as const;
});
type Merchants = (typeof merchants)[number][1];
const writing = merchants.filter(([name]) => name.startsWith("POST "));
const reading = merchants.filter(([name]) => name.startsWith("GET "));

async function call({ route, path }: Merchants, sent: Sent): Promise<ApiAnswer> {
  const headers = { "x-api-key": shop.apiKey, "content-type": "application/json", ...sent.headers };
  const answer = await answerTo(route, eventOf(route, { pathParameters: path, ...sent, headers }));
  return { ...JSON.parse(answer.body), status: answer.status, headers: new Headers(answer.headers) };
}

it("every merchant route is tested as one that reads a body or a query", () => {
  const existing = everyRoute
    .map(({ route }) => route)
    .filter((route) => / \/api\/v1\/(?!public\/)/.test(route));
  expect(merchants.map(([name]) => name).sort()).toEqual(existing.sort());
  expect(writing.map(([, { contract }]) => contract.from)).toEqual(writing.map(() => "body"));
  expect([...writing, ...reading]).toHaveLength(merchants.length);
});

describe.each(writing)("%s", (route, merchant) => {
  /** A valid body with an additional member. */
  const withMore = (more: string) => {
    const own = JSON.stringify(merchant.sent).slice(1, -1);
    return `{${[own, more].filter(Boolean).join(",")}}`;
  };
  const brackets = (depth: number) => `"more":${"[".repeat(depth)}${"]".repeat(depth)}`;
  const bytes = Buffer.concat([
    Buffer.from(withMore('"more":"')).subarray(0, -1),
    Buffer.from([0xff, 0x22, 0x7d]),
  ]);

  const bodies: [string, string | Buffer, string][] = [
    ["over 64 KiB", withMore(`"more":"${"x".repeat(65_536)}"`), "body"],
    ["over 64 KiB, sent as bytes", Buffer.from(withMore(`"more":"${"x".repeat(65_536)}"`)), "body"],
    ["deeper than 32 levels", withMore(brackets(32)), "body"],
    ["60,000 levels deep", "[".repeat(60_000), "body"],
    ["with a name twice", withMore('"more":1,"more":1'), "more"],
    ["with a name twice, once escaped", withMore('"more":1,"mor\\u0065":1'), "more"],
    ["with a name twice in a nested object", withMore('"more":{"a":1,"a":1}'), "a"],
    ["with __proto__", withMore('"__proto__":{"more":1}'), "__proto__"],
    ["with __proto__, escaped", withMore('"\\u005f_proto__":1'), "__proto__"],
    ["with __proto__ in a nested object", withMore('"more":[{"__proto__":1}]'), "__proto__"],
    ["with constructor", withMore('"constructor":{"prototype":{"more":1}}'), "constructor"],
    ["with prototype", withMore('"prototype":1'), "prototype"],
    ["with an unknown field", withMore('"more":1'), "more"],
    ["with 31 levels in an unknown field", withMore(brackets(31)), "more"],
    ["that is not UTF-8", bytes, "body"],
    ["with U+FFFD, which API Gateway puts for invalid UTF-8", withMore('"more":"\ufffd"'), "body"],
    ["in UTF-16", Buffer.from(withMore(""), "utf16le"), "body"],
    ["with two byte order marks", `\ufeff\ufeff${withMore("")}`, "body"],
    ["with a byte order mark and an unknown field", `\ufeff${withMore('"more":1')}`, "more"],
    ["that is an array", "[]", "body"],
    ["that is truncated JSON", '{"more":', "body"],
  ];
  it.each(bodies)(`${route} refuses a body %s and writes nothing`, async (_what, body, field) => {
    expectRefused(await call(merchant, { body }), 1001, field);
  });

  const inPath = Object.entries(merchant.path);
  it.each(inPath)(`${route} refuses %s in the body, because it belongs in the path`, async (name, value) => {
    for (const provided of [value, "another"]) {
      const body = JSON.stringify({ ...merchant.sent, [name]: provided });
      expectRefused(await call(merchant, { body }), 1001, name);
    }
  });

  const types = [
    "",
    "text/plain",
    "text/json",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/json, text/plain",
    "application/merge-patch+json",
    "application/jsonp",
  ];
  it.each(types)(`${route} refuses a body of the type %j and writes nothing`, async (type) => {
    const sent = { headers: { "content-type": type }, body: withMore("") };
    expectRefused(await call(merchant, sent), 1001, "content-type");
  });

  it.each([
    "application/json",
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF-8"',
    "application/json; charset=utf-8; more=1",
  ])(`${route} reads a body of the type %s`, async (type) => {
    const sent = { headers: { "content-type": type }, body: withMore('"more":1') };
    expectRefused(await call(merchant, sent), 1001, "more");
  });

  it(`${route} requires a body unless its contract allows none`, async () => {
    const answer = await call(merchant, { headers: { "content-type": "" } });
    if (merchant.contract.mayBeBodyless) expect(answer).toMatchObject({ status: 404, code: 2007 });
    else expectRefused(answer, 1001, "content-type");
  });
});

describe.each(reading)("%s", (route, merchant) => {
  const query = Object.fromEntries(
    Object.entries(merchant.sent).map(([name, value]) => [name, String(value)]),
  );
  // Built with `JSON.parse`, as Lambda does with events, so that `__proto__` is an own property.
  const malformed = (name: string) =>
    JSON.parse(JSON.stringify(query).replace(/}$/, `,"${name}":"1"}`).replace("{,", "{"));

  it.each(["more", "__proto__", "constructor", "toString", "Order_no"])(
    `${route} refuses %s in the query`,
    async (name) => {
      expectRefused(await call(merchant, { query: malformed(name) }), 1001, name);
    },
  );

  it.each(Object.entries(merchant.path))(
    `${route} refuses %s in the query, because it belongs in the path`,
    async (name, value) => {
      expectRefused(await call(merchant, { query: { ...query, [name]: value } }), 1001, name);
    },
  );

  it(`${route} ignores a body`, async () => {
    const [without, withOne] = [
      await call(merchant, { query }),
      await call(merchant, { query, body: '{"a":1,"a":2' }),
    ];
    expect([withOne.status, withOne.code]).toEqual([without.status, without.code]);
    expect([0, 1004, 2007]).toContain(without.code);
  });
});
