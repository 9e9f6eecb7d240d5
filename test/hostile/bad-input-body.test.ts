import { afterAll, beforeAll, describe, it } from "vitest";
import { anOrder, apiOf, type Data } from "../steps/api.ts";
import { type RawCall, rawCall } from "../steps/raw-call.ts";
import { expectRefused } from "../steps/refused-input.ts";
import { expectTablesUnchanged } from "../steps/unchanged-tables.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  // The first create with a config stores its provider account; the tests expect unchanged tables.
  for (const provider of ["alipay", "stripe"]) await create({ ...anOrder({ provider }), config: "default" });
});
expectTablesUnchanged();
afterAll(() => world.stop());

const create = (input: Data) => apiOf(world, shop).create(input);
const json = () => ({ "x-api-key": shop.apiKey, "content-type": "application/json" });
const send = (call: Partial<RawCall>) => rawCall(world, { headers: json(), ...call });

describe("unreadable bodies", () => {
  const order = (amount: string, more = "") =>
    `{"provider":"stripe","out_trade_no":"raw-1","subject":"tea","amount":${amount}${more}}`;

  it.each(["1e400", "1e2", "12.3400000000000000001", "-0", "0.0", "1E0", "123456789012345678"])(
    "a create whose JSON amount is written %s is refused by its text, not by its number",
    async (amount) => expectRefused(await send({ body: order(amount) }), 1001, "amount"),
  );

  const invalid = Buffer.concat([Buffer.from('{"subject":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  const bodies: [string, string | Buffer<ArrayBuffer> | undefined, string][] = [
    ["that is missing", undefined, "body"],
    ["that is empty", "", "body"],
    ["with a truncated object", '{"provider":', "body"],
    ["with a trailing comma", order("1", ","), "body"],
    ["in single quotes", "{'provider':'stripe'}", "body"],
    ["that is an array", "[]", "body"],
    ["that is a string", '"stripe"', "body"],
    ["that is null", "null", "body"],
    ["that is a number", "7", "body"],
    ["with two byte order marks", `\ufeff\ufeff${order("1")}`, "body"],
    ["of more than 64 KiB", order("1", `,"body":"${"x".repeat(65_536)}"`), "body"],
    ["with a repeated name", order("1", ',"amount":2'), "amount"],
    ["with a repeated name, once escaped", order("1", ',"\\u0061mount":2'), "amount"],
    ["with a repeated name in a nested object", order("1", ',"metadata":{"a":"1","a":"2"}'), "a"],
    ["with 33 levels of nesting", order("1", `,"extra_params":${"[".repeat(32)}${"]".repeat(32)}`), "body"],
    ["of 60,000 opening brackets", "[".repeat(60_000), "body"],
    ["with __proto__", order("1", ',"__proto__":{"active":true}'), "__proto__"],
    ["with __proto__ in metadata", order("1", ',"metadata":{"__proto__":"x"}'), "__proto__"],
    ["that is not UTF-8", invalid, "body"],
    ["in UTF-16", Buffer.from(order("1"), "utf16le"), "body"],
  ];
  it.each(bodies)("a create with a body %s is refused", async (_what, body, field) => {
    expectRefused(await send(body === undefined ? {} : { body }), 1001, field);
  });

  const types = [
    undefined,
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/jsonp",
  ];
  it.each(types)("a create with the content type %s is refused", async (type) => {
    const headers: Record<string, string> = {
      "x-api-key": shop.apiKey,
      ...(type && { "content-type": type }),
    };
    expectRefused(await send({ headers, body: order("1") }), 1001, "content-type");
  });
});
