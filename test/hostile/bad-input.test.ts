import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anOrder, apiOf, type Data } from "../steps/api.ts";
import { expectRefused } from "../steps/refused-input.ts";
import { expectTablesUnchanged } from "../steps/unchanged-tables.ts";
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
  // The first create with a config stores its provider account; the tests expect unchanged tables.
  for (const provider of ["alipay", "stripe"]) await create({ ...anOrder({ provider }), config: "default" });
});
expectTablesUnchanged();
afterAll(() => world.stop());

const create = (input: Data) => apiOf(world, shop).create(input);

describe("messages of refusals", () => {
  const said: [Data, string][] = [
    [{ provider: undefined }, "provider: is required"],
    [{ subject: 7 }, "subject: must be a string"],
    [{ expires_in: "60" }, "expires_in: must be a number"],
    [{ metadata: "a" }, "metadata: must be an object"],
    [{ amount: "-5.00" }, "amount: must be greater than 0"],
    [{ currency: "usd" }, "currency: must be three capital letters such as CNY"],
  ];
  it.each(said)("a refused create says in its message what to change: %j", async (wrong, message) => {
    expect(await create(anOrder({ provider: "stripe", ...wrong }))).toMatchObject({ code: 1001, message });
  });

  it("a list refused for its status names the statuses that exist", async () => {
    const { message } = await apiOf(world, shop).call("GET", "/api/v1/payment/list?status=foo");
    expect(message).toBe("status: must be one of processing, pending, failed, closed, success");
  });
});

describe("creates with a wrong field", () => {
  const missing: string[] = ["provider", "out_trade_no", "subject", "amount"];
  it.each(missing)("a create without %s is refused", async (name) => {
    const { [name]: _, ...order } = anOrder({ provider: "stripe" });
    expectRefused(await create(order), 1001, name);
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
    ["notify_url", "http://shop.example/hook"],
    ["notify_url", "https://user:secret@shop.example/hook"],
    ["notify_url", "javascript:alert(1)"],
    ["notify_url", "not a url"],
    ["notify_url", ""],
    ["notify_url", "https://127.0.0.1/hook"],
    ["notify_url", "https://[::1]/hook"],
    ["notify_url", "https://169.254.169.254/latest"],
    ["notify_url", "https://0x7f.1/hook"],
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
  it.each(wrong)("a create refused for its %s %j names that field", async (name, value, field = name) => {
    expectRefused(await create(anOrder({ provider: "stripe", [name]: value })), 1001, field);
  });

  const notExpressible: [string, Data, string][] = [
    ["more decimals than the currency has", { amount: "12.345" }, "amount"],
    ["decimals of a currency that has none", { amount: "12.5", currency: "JPY" }, "amount"],
    ["an unknown currency", { currency: "XYZ" }, "currency"],
    ["an amount above the safe integers", { amount: "999999999999999" }, "amount"],
    ["an amount above the provider's maximum", { amount: "1000000000" }, "amount"],
    ["a currency that the provider does not support", { currency: "LYD", amount: "12.340" }, "currency"],
    [
      "a currency other than Alipay's",
      { provider: "alipay", config: "default", currency: "USD" },
      "currency",
    ],
  ];
  it.each(notExpressible)(
    "a create with %s is refused with 2009 and never rounded",
    async (_what, change, field) => {
      expectRefused(await create(anOrder({ provider: "stripe", ...change })), 2009, field);
    },
  );

  it("a create with several wrong fields names them all at once", async () => {
    const answer = await create(
      anOrder({ provider: "stripe", amount: 0, subject: "", expires_in: 1, surprise: 1 }),
    );
    expectRefused(answer, 1001, "subject", "amount", "expires_in", "surprise");
  });

  it.each(["wechatpay", "__proto__", "constructor", "Alipay", ""])(
    "a create with the unknown provider %j is refused with 2005, whatever else is wrong",
    async (provider) => {
      const answer = await create({ provider, amount: -1, surprise: true });
      expect(answer).toMatchObject({ status: 400, code: 2005 });
      expect(answer.errors?.[0]?.field).toBe("provider");
    },
  );

  it("a create with an unknown config is refused with 2006 and names the existing configs", async () => {
    const answer = await create(anOrder({ provider: "alipay", config: "third" }));
    expect(answer).toMatchObject({ status: 400, code: 2006, message: expect.stringContaining('"second"') });
  });
});
