import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { type ApiAnswer, anOrder, apiOf, type Data } from "../steps/api.ts";
import { type RawCall, rawCall } from "../steps/raw-call.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  await world.ops("config set", {
    merchant: shop.username,
    provider: "alipay",
    name: "second",
    data: JSON.stringify(shop.accounts.alipay),
  });
});
afterAll(() => world.stop());

const rows = async () => {
  const { db } = openGateway();
  const tables = ["payment_orders", "payment_attempts", "payment_logs", "notify_queue"] as const;
  const counts = tables.map((table) =>
    db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .executeTakeFirstOrThrow(),
  );
  return (await Promise.all(counts)).map(({ count }) => count);
};

const create = (wanted: Data) => apiOf(world, shop).create(wanted);
const json = () => ({ "x-api-key": shop.apiKey, "content-type": "application/json" });
const send = (call: Partial<RawCall>) => rawCall(world, { headers: json(), ...call });

async function expectRefused(answer: ApiAnswer, code: number, ...fields: string[]): Promise<void> {
  expect(answer).toMatchObject({ status: 400, code });
  expect(answer.data).toBeUndefined();
  expect(answer.message.length).toBeGreaterThan(5);
  expect(answer.errors?.map(({ field }) => field)).toEqual(fields);
}

describe("a create with a field that is wrong", () => {
  let before: string[];
  beforeAll(async () => {
    before = await rows();
  });
  afterEach(async () => expect(await rows()).toEqual(before));

  const missing: string[] = ["provider", "out_trade_no", "subject", "amount"];
  it.each(missing)("is refused without %s", async (name) => {
    const { [name]: _, ...order } = anOrder({ provider: "stripe" });
    await expectRefused(await create(order), 1001, name);
  });

  const long = (length: number) => "x".repeat(length);
  const wrong: [string, unknown, string?][] = [
    ["provider", 7],
    ["provider", null],
    ["out_trade_no", 7],
    ["out_trade_no", ""],
    ["out_trade_no", long(65)],
    ["out_trade_no", "a b"],
    ["out_trade_no", "a/b"],
    ["out_trade_no", "ä"],
    ["out_trade_no", "a\n"],
    ["out_trade_no", "a\u0000"],
    ["subject", ""],
    ["subject", "   "],
    ["subject", long(257)],
    ["subject", ["tea"]],
    ["subject", "te\u0000a"],
    ["subject", "te\u001ba"],
    ["subject", "te\ud800a"],
    ["subject", "\udc00tea"],
    ["body", long(513)],
    ["body", null],
    ["body", "x\udfff"],
    ["amount", 0],
    ["amount", "0"],
    ["amount", "0.00"],
    ["amount", -1],
    ["amount", "-1"],
    ["amount", "+5"],
    ["amount", " 12"],
    ["amount", "12 "],
    ["amount", "12\n"],
    ["amount", "１２"],
    ["amount", "0x10"],
    ["amount", "1e2"],
    ["amount", "12."],
    ["amount", ".5"],
    ["amount", "1,5"],
    ["amount", "1_000"],
    ["amount", ""],
    ["amount", "NaN"],
    ["amount", "Infinity"],
    ["amount", null],
    ["amount", true],
    ["amount", ["1"]],
    ["amount", { value: "1" }],
    ["amount", "1234567890123456"],
    ["currency", "cny"],
    ["currency", "RMBX"],
    ["currency", 156],
    ["expires_in", 59],
    ["expires_in", 86_401],
    ["expires_in", 1.5],
    ["expires_in", 60.5],
    ["expires_in", "7200"],
    ["expires_in", null],
    ["notify_url", "http://shop.example/told"],
    ["notify_url", "https://user:secret@shop.example/told"],
    ["notify_url", "javascript:alert(1)"],
    ["notify_url", "not a url"],
    ["notify_url", ""],
    ["notify_url", "https://127.0.0.1/told"],
    ["notify_url", "https://[::1]/told"],
    ["notify_url", "https://169.254.169.254/latest"],
    ["notify_url", "https://0x7f.1/told"],
    ["notify_url", `https://shop.example/${long(2048)}`],
    ["notify_url", 7],
    ["return_url", "javascript:alert(1)"],
    ["return_url", "ftp://shop.example"],
    ["return_url", "//shop.example"],
    ["return_url", "shop.example"],
    ["return_url", `https://shop.example/${long(2048)}`],
    ["scene", "qr-code"],
    ["scene", "toString"],
    ["scene", long(17)],
    ["scene", 1],
    ["config", ""],
    ["config", long(65)],
    ["config", 1],
    ["metadata", []],
    ["metadata", "a"],
    ["metadata", { cart: 7 }, "metadata.cart"],
    ["metadata", { cart: null }, "metadata.cart"],
    ["metadata", { cart: long(501) }, "metadata.cart"],
    ["metadata", { cart: "\ud800" }, "metadata.cart"],
    ["metadata", { "": "x" }, "metadata."],
    ["metadata", { [long(41)]: "x" }, `metadata.${long(41)}`],
    ["metadata", Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`n${index}`, "x"]))],
    ["extra_params", []],
    ["extra_params", { colour: "red" }, "extra_params.colour"],
    ["surprise", 1],
    ["Amount", 1],
    ["constructor", 1],
    ["toString", 1],
    ["order_no", "UNI1"],
  ];
  it.each(wrong)("names %s: %j", async (name, value, field = name) => {
    await expectRefused(await create(anOrder({ provider: "stripe", [name]: value })), 1001, field);
  });

  const notExpressible: [string, Data, string][] = [
    ["more decimals than the currency has", { amount: "12.345" }, "amount"],
    ["decimals of a currency that has none", { amount: "12.5", currency: "JPY" }, "amount"],
    ["a currency that nobody knows", { currency: "XYZ" }, "currency"],
    ["an amount beyond safe integers", { amount: "999999999999999" }, "amount"],
    ["an amount beyond the provider's most", { amount: "1000000000" }, "amount"],
    ["a currency that the provider does not take", { currency: "LYD", amount: "12.340" }, "currency"],
    [
      "a currency other than Alipay's",
      { provider: "alipay", config: "default", currency: "USD" },
      "currency",
    ],
  ];
  it.each(notExpressible)("with %s is 2009, never rounded", async (_what, change, field) => {
    await expectRefused(await create(anOrder({ provider: "stripe", ...change })), 2009, field);
  });

  it("names everything that is wrong at once", async () => {
    const answer = await create(
      anOrder({ provider: "stripe", amount: 0, subject: "", expires_in: 1, surprise: 1 }),
    );
    await expectRefused(answer, 1001, "subject", "amount", "expires_in", "surprise");
  });

  it.each(["wechatpay", "__proto__", "constructor", "Alipay", ""])(
    "is 2005 with the provider %j, whatever else is wrong",
    async (provider) => {
      const answer = await create({ provider, amount: -1, surprise: true });
      expect(answer).toMatchObject({ status: 400, code: 2005 });
      expect(answer.errors?.[0]?.field).toBe("provider");
    },
  );

  it("is 2006 with an unknown config, and the names of those that there are", async () => {
    const answer = await create(anOrder({ provider: "alipay", config: "third" }));
    expect(answer).toMatchObject({ status: 400, code: 2006, message: expect.stringContaining('"second"') });
  });
});

describe("a body that cannot be read", () => {
  let before: string[];
  beforeAll(async () => {
    before = await rows();
  });
  afterEach(async () => expect(await rows()).toEqual(before));

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
    ["a byte order mark", `\ufeff${order("1")}`, "body"],
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
    await expectRefused(await send(body === undefined ? {} : { body }), 1001, field);
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
    await expectRefused(await send({ headers, body: order("1") }), 1001, "content-type");
  });
});

describe("a create that is unusual but right", () => {
  it.each([
    [
      "emoji and many scripts",
      { subject: "🍵 绿茶 শাক चाय 👩‍👩‍👧", body: "two\nlines\tand a tab", metadata: { "🍵": "ok" } },
    ],
    ["256 characters", { subject: "绿".repeat(256) }],
    ["what looks like markup or SQL", { subject: "<b>'; DROP TABLE users; --\\</b>", body: "%s {0} $1" }],
    ["names of JavaScript", { metadata: { constructor: "a", toString: "b" } }],
  ] as [string, Data][])("comes back as it was sent: %s", async (_what, texts) => {
    const { status, data } = await create(anOrder({ provider: "stripe", ...texts }));
    expect(status).toBe(200);
    expect((await apiOf(world, shop).query(String(data.order_no))).data).toMatchObject(texts);
  });

  it.each(["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])(
    "takes the content type %s",
    async (type) => {
      const body = JSON.stringify(anOrder({ provider: "stripe" }));
      const answer = await send({ headers: { ...json(), "content-type": type }, body });
      expect(answer).toMatchObject({ status: 200, code: 0 });
    },
  );

  it("keeps the longest amount that a JSON number holds", async () => {
    const order = anOrder({ provider: "stripe", amount: "99999999", currency: "JPY" });
    const { data } = await create(order);
    expect((await apiOf(world, shop).query(String(data.order_no))).data.amount).toBe(99_999_999);
  });
});
