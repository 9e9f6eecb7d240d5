import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { expectRefused } from "../steps/refused-input.ts";
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
  orderNo = String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
  await api.close(orderNo);
  await world.queues.drain();
});
expectTablesUnchanged();
afterAll(() => world.stop());

const get = (path: string) => api.call("GET", `/api/v1/${path}`);
const base64url = (text: string) => Buffer.from(text).toString("base64url");

describe("list queries", () => {
  const wrong: [string, string, string][] = [
    ["an unknown status", "status=paid", "status"],
    ["an empty status", "status=", "status"],
    ["a status in upper case", "status=SUCCESS", "status"],
    ["a status twice", "status=success&status=failed", "status"],
    ["the status __proto__", "status=__proto__", "status"],
    ["a provider that is too long", `provider=${"a".repeat(17)}`, "provider"],
    // A create refuses it with 2005, because there it is part of what is asked for.
    ["a provider that does not exist", "provider=strpie", "provider"],
    ["a provider with SQL", "provider='OR'1'='1", "provider"],
    ["a provider with a NUL", "provider=%00", "provider"],
    ["a provider of an emoji", "provider=%F0%9F%8D%B5", "provider"],
    ["a provider with an encoded surrogate", "provider=%ED%A0%80", "provider"],
    ["a from that is not a time", "from=yesterday", "from"],
    ["a from in Unix seconds", "from=1767225600", "from"],
    ["a from without a zone", "from=2026-01-01T00:00:00", "from"],
    ["a from whose plus became a space", "from=2026-01-01T00:00:00+08:00", "from"],
    ["a from on 30 February", "from=2026-02-30T00:00:00Z", "from"],
    ["a from in the year 0", "from=0000-01-01T00:00:00Z", "from"],
    ["a from before the year 1000, the database's minimum", "from=0999-12-31T23:59:59Z", "from"],
    ["a to after the year 9999 in UTC", "to=9999-12-31T23:59:59-23:59", "to"],
    ["a to with a NUL", "to=2026-01-01T00:00:00Z%00", "to"],
    ["a to twice", "to=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "to"],
    ["a malformed cursor", "cursor=abc", "cursor"],
    ["a cursor with empty parts", `cursor=${base64url(":")}`, "cursor"],
    ["a cursor with a time out of range", `cursor=${base64url("999999999999999:1")}`, "cursor"],
    ["a cursor of three parts", `cursor=${base64url("1767225600000:1:1")}`, "cursor"],
    ["a cursor with a minus sign", `cursor=${base64url("-1:1")}`, "cursor"],
    ["a cursor with SQL", `cursor=${base64url("1767225600000:1 OR 1=1")}`, "cursor"],
    ["a cursor with an id too long", `cursor=${base64url(`1767225600000:${"9".repeat(21)}`)}`, "cursor"],
    ["a cursor of bytes that are not UTF-8", "cursor=_____w", "cursor"],
    ["a cursor that is too long", `cursor=${"a".repeat(101)}`, "cursor"],
    ["a cursor of 7,000 characters", `cursor=${"a".repeat(7_000)}`, "cursor"],
    ["a limit of 0", "limit=0", "limit"],
    ["a limit of 101", "limit=101", "limit"],
    ["a negative limit", "limit=-1", "limit"],
    ["a fractional limit", "limit=1.5", "limit"],
    ["a limit that is a word", "limit=all", "limit"],
    ["an empty limit", "limit=", "limit"],
    ["an infinite limit", "limit=Infinity", "limit"],
    ["a limit of 15 digits", `limit=${"9".repeat(15)}`, "limit"],
    ["a limit twice", "limit=1&limit=2", "limit"],
    ["a limit in an array", "limit[]=1", "limit[]"],
    ["an unknown field", "sort=amount", "sort"],
    ["another merchant's id", "user_id=1", "user_id"],
    ["a field named constructor", "constructor=1", "constructor"],
    ["a field without a name", "=1", ""],
    ["a field of 5,000 characters", `${"a".repeat(5_000)}=1`, "a".repeat(64)],
  ];
  it.each(wrong)("a list with %s is refused", async (_what, query, field) => {
    expectRefused(await get(`payment/list?${query}`), 1001, field);
  });

  it("a list with a hundred unknown fields is refused, and the response names each field", async () => {
    const names = Array.from({ length: 100 }, (_, at) => `f${at}`);
    const answer = await get(`payment/list?${names.map((name) => `${name}=1`).join("&")}`);
    expectRefused(answer, 1001, ...names);
  });

  const nobody: [string, string][] = [
    ["a to long before the first payment", "to=1000-01-01T00:00:00Z"],
    ["a from in the far future", "from=9999-12-31T23:59:59.999Z"],
    ["a range that ends before it begins", "from=2026-12-31T00:00:00Z&to=2026-01-01T00:00:00Z"],
    ["a cursor before the first payment", `cursor=${base64url("0:0")}`],
    ["a cursor with an id above the maximum of BIGINT", `cursor=${base64url(`0:${"9".repeat(20)}`)}`],
  ];
  it.each(nobody)("a list with %s is empty", async (_what, query) => {
    expect(await get(`payment/list?${query}`)).toMatchObject({
      code: 0,
      data: { items: [], next_cursor: null },
    });
  });
});

describe("queries by out_trade_no", () => {
  const wrong: [string, string, string[]][] = [
    ["that is missing", "", ["out_trade_no"]],
    ["that is empty", "?out_trade_no=", ["out_trade_no"]],
    ["that occurs twice", "?out_trade_no=a&out_trade_no=b", ["out_trade_no"]],
    ["with a space", "?out_trade_no=a+b", ["out_trade_no"]],
    ["with a NUL", "?out_trade_no=a%00", ["out_trade_no"]],
    ["with a line feed", "?out_trade_no=a%0a", ["out_trade_no"]],
    ["with Chinese characters", "?out_trade_no=%E8%AE%A2", ["out_trade_no"]],
    ["of 65 characters", `?out_trade_no=${"a".repeat(65)}`, ["out_trade_no"]],
    ["together with an order_no", "?out_trade_no=a&order_no=b", ["order_no"]],
    ["in array notation", "?out_trade_no[]=a", ["out_trade_no", "out_trade_no[]"]],
  ];
  it.each(wrong)("a query by an out_trade_no %s is refused", async (_what, query, fields) => {
    expectRefused(await get(`payment/query${query}`), 1001, ...fields);
  });

  it("a capabilities request with a query parameter is refused, and the response names the parameter", async () => {
    expectRefused(await get("capabilities?provider=stripe"), 1001, "provider");
  });
});

describe("refund requests", () => {
  const ask = (input: Data) =>
    api.call("POST", "/api/v1/payment/refund", {
      order_no: orderNo,
      refund_no: "r-1",
      amount: "1",
      ...input,
    });
  const long = (length: number) => "x".repeat(length);

  const wrong: [string, unknown, ...string[]][] = [
    ["refund_no", undefined],
    ["refund_no", null],
    ["refund_no", 7],
    ["refund_no", ""],
    ["refund_no", "a b"],
    ["refund_no", "a\u0000"],
    ["refund_no", "退款"],
    ["refund_no", long(65)],
    ["order_no", null],
    ["order_no", ["UNI1"]],
    ["order_no", `${"UNI1"}\n`],
    ["order_no", long(65)],
    ["order_no", undefined],
    ["out_trade_no", "both", "order_no"],
    ["amount", 0],
    ["amount", -1],
    ["amount", "-0.01"],
    ["amount", "1e2"],
    ["amount", "1,00"],
    ["amount", "１"],
    ["amount", "NaN"],
    ["amount", null],
    ["amount", true],
    ["amount", [1]],
    ["amount", "1234567890123456"],
    ["reason", null],
    ["reason", 7],
    ["reason", long(81)],
    ["reason", "a\u0000b"],
    ["reason", "a\ud800"],
    ["reason", "\u001b[31m"],
    ["currency", "CNY"],
    ["user_id", "1"],
    ["constructor", {}],
  ];
  it.each(wrong)("a refund with %s %j is refused", async (name, value, field = name) => {
    expectRefused(await ask({ [name]: value }), 1001, field);
  });

  const decided: [string, Data, number, number][] = [
    ["an unknown order", { order_no: "UNI1" }, 404, 2007],
    ["the order __proto__", { order_no: "__proto__" }, 404, 2007],
    ["an order that is not paid", {}, 409, 2008],
  ];
  it.each(decided)("a refund of %s is refused", async (_what, change, status, code) => {
    expect(await ask(change)).toMatchObject({ status, code });
  });
});

describe("resend requests", () => {
  const resend = (body: string, number = orderNo) =>
    api.call("POST", `/api/v1/payment/notify/resend/${number}`, body);
  const wrong: [string, string, string][] = [
    ["an event_id of another type", '{"event_id":7}', "event_id"],
    ["an empty event_id", '{"event_id":""}', "event_id"],
    ["a long event_id", `{"event_id":"${"a".repeat(65)}"}`, "event_id"],
    ["an unknown field", '{"url":"https://evil.example"}', "url"],
    ["an array as its body", "[]", "body"],
    ["broken JSON", "{", "body"],
    ["a name twice", '{"event_id":"a","event_id":"b"}', "event_id"],
    ["a __proto__ member", '{"__proto__":{"a":1}}', "__proto__"],
  ];
  it.each(wrong)("a resend with %s is refused", async (_what, body, field) => {
    expectRefused(await resend(body), 1001, field);
  });

  it("a resend with an order_no in the body is refused, because the path names the order", async () => {
    expectRefused(await resend(JSON.stringify({ order_no: orderNo }), "UNI1"), 1001, "order_no");
  });

  it("a resend of an event that does not belong to the order is refused", async () => {
    expect(await resend('{"event_id":"00000000-0000-4000-8000-000000000000"}')).toMatchObject({
      status: 409,
      code: 2008,
    });
  });
});
