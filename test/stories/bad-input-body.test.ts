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
  // The first create of a config learns its account.
  for (const provider of ["alipay", "stripe"]) await create({ ...anOrder({ provider }), config: "default" });
});
expectTablesUnchanged();
afterAll(() => world.stop());

const create = (wanted: Data) => apiOf(world, shop).create(wanted);
const json = () => ({ "x-api-key": shop.apiKey, "content-type": "application/json" });
const send = (call: Partial<RawCall>) => rawCall(world, { headers: json(), ...call });

describe("a body that cannot be read", () => {
  const order = (amount: string, more = "") =>
    `{"provider":"stripe","out_trade_no":"raw-1","subject":"tea","amount":${amount}${more}}`;

  it.each(["1e400", "1e2", "12.3400000000000000001", "-0", "0.0", "1E0", "123456789012345678"])(
    "is judged by the text of its amount: %s",
    async (amount) => expectRefused(await send({ body: order(amount) }), 1001, "amount"),
  );

  const invalid = Buffer.concat([Buffer.from('{"subject":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  const bodies: [string, string | Buffer<ArrayBuffer> | undefined, string][] = [
    ["nothing", undefined, "body"],
    ["emptiness", "", "body"],
    ["a broken object", '{"provider":', "body"],
    ["a trailing comma", order("1", ","), "body"],
    ["single quotes", "{'provider':'stripe'}", "body"],
    ["an array", "[]", "body"],
    ["a text", '"stripe"', "body"],
    ["null", "null", "body"],
    ["a number", "7", "body"],
    ["two byte order marks", `\ufeff\ufeff${order("1")}`, "body"],
    ["more than 64 KiB", order("1", `,"body":"${"x".repeat(65_536)}"`), "body"],
    ["a repeated name", order("1", ',"amount":2'), "amount"],
    ["a repeated name, escaped", order("1", ',"\\u0061mount":2'), "amount"],
    ["a repeated name further in", order("1", ',"metadata":{"a":"1","a":"2"}'), "a"],
    ["33 levels", order("1", `,"extra_params":${"[".repeat(32)}${"]".repeat(32)}`), "body"],
    ["a million brackets", "[".repeat(60_000), "body"],
    ["__proto__", order("1", ',"__proto__":{"active":true}'), "__proto__"],
    ["__proto__ in metadata", order("1", ',"metadata":{"__proto__":"x"}'), "__proto__"],
    ["bytes that are not UTF-8", invalid, "body"],
    ["UTF-16", Buffer.from(order("1"), "utf16le"), "body"],
  ];
  it.each(bodies)("is refused: %s", async (_what, body, field) => {
    expectRefused(await send(body === undefined ? {} : { body }), 1001, field);
  });

  const types = [
    undefined,
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/jsonp",
  ];
  it.each(types)("is refused with the content type %s", async (type) => {
    const headers: Record<string, string> = {
      "x-api-key": shop.apiKey,
      ...(type && { "content-type": type }),
    };
    expectRefused(await send({ headers, body: order("1") }), 1001, "content-type");
  });
});
