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

describe("a list asked for with", () => {
  const wrong: [string, string, string][] = [
    ["an unknown status", "status=paid", "status"],
    ["an empty status", "status=", "status"],
    ["a status in capitals", "status=SUCCESS", "status"],
    ["a status twice", "status=success&status=failed", "status"],
    ["a status of a prototype", "status=__proto__", "status"],
    ["a provider that is too long", `provider=${"a".repeat(17)}`, "provider"],
    ["a from that is no time", "from=yesterday", "from"],
    ["a from of seconds", "from=1767225600", "from"],
    ["a from without a zone", "from=2026-01-01T00:00:00", "from"],
    ["a from whose plus became a space", "from=2026-01-01T00:00:00+08:00", "from"],
    ["a from on no day", "from=2026-02-30T00:00:00Z", "from"],
    ["a from before all years", "from=0000-01-01T00:00:00Z", "from"],
    ["a from before the database's years", "from=0999-12-31T23:59:59Z", "from"],
    ["a to after all years", "to=9999-12-31T23:59:59-23:59", "to"],
    ["a to with a NUL", "to=2026-01-01T00:00:00Z%00", "to"],
    ["a to twice", "to=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "to"],
    ["a cursor that is none", "cursor=abc", "cursor"],
    ["a cursor of nothing", `cursor=${base64url(":")}`, "cursor"],
    ["a cursor beyond all times", `cursor=${base64url("999999999999999:1")}`, "cursor"],
    ["a cursor of another form", `cursor=${base64url("1767225600000:1:1")}`, "cursor"],
    ["a cursor with a sign", `cursor=${base64url("-1:1")}`, "cursor"],
    ["a cursor of SQL", `cursor=${base64url("1767225600000:1 OR 1=1")}`, "cursor"],
    ["a cursor with an id too long", `cursor=${base64url(`1767225600000:${"9".repeat(21)}`)}`, "cursor"],
    ["a cursor of bytes that are not UTF-8", "cursor=_____w", "cursor"],
    ["a cursor that is too long", `cursor=${"a".repeat(101)}`, "cursor"],
    ["a cursor of 7,000 characters", `cursor=${"a".repeat(7_000)}`, "cursor"],
    ["a limit of 0", "limit=0", "limit"],
    ["a limit of 101", "limit=101", "limit"],
    ["a negative limit", "limit=-1", "limit"],
    ["half a limit", "limit=1.5", "limit"],
    ["a limit of words", "limit=all", "limit"],
    ["an empty limit", "limit=", "limit"],
    ["a limit without an end", "limit=Infinity", "limit"],
    ["a limit of 15 digits", `limit=${"9".repeat(15)}`, "limit"],
    ["a limit twice", "limit=1&limit=2", "limit"],
    ["a limit in an array", "limit[]=1", "limit[]"],
    ["an unknown field", "sort=amount", "sort"],
    ["another merchant", "user_id=1", "user_id"],
    ["a field of a prototype", "constructor=1", "constructor"],
    ["a field without a name", "=1", ""],
    ["a field of 5,000 characters", `${"a".repeat(5_000)}=1`, "a".repeat(64)],
  ];
  it.each(wrong)("%s is refused", async (_what, query, field) => {
    expectRefused(await get(`payment/list?${query}`), 1001, field);
  });

  it("a hundred unknown fields is refused by each of their names", async () => {
    const names = Array.from({ length: 100 }, (_, at) => `f${at}`);
    const answer = await get(`payment/list?${names.map((name) => `${name}=1`).join("&")}`);
    expectRefused(answer, 1001, ...names);
  });

  const nobody: [string, string][] = [
    ["a provider that nobody has", "provider=nobody"],
    ["a provider of SQL", "provider='OR'1'='1"],
    ["a provider with a NUL", "provider=%00"],
    ["a provider of an emoji", "provider=%F0%9F%8D%B5"],
    ["a provider of half a character", "provider=%ED%A0%80"],
    ["a time that is long ago", "to=1000-01-01T00:00:00Z"],
    ["a time that is far", "from=9999-12-31T23:59:59.999Z"],
    ["a range that ends before it begins", "from=2026-12-31T00:00:00Z&to=2026-01-01T00:00:00Z"],
    ["a cursor before everything", `cursor=${base64url("0:0")}`],
    ["a cursor with an id beyond BIGINT", `cursor=${base64url(`0:${"9".repeat(20)}`)}`],
  ];
  it.each(nobody)("%s is empty", async (_what, query) => {
    expect(await get(`payment/list?${query}`)).toMatchObject({
      code: 0,
      data: { items: [], next_cursor: null },
    });
  });
});

describe("a query by out_trade_no", () => {
  const wrong: [string, string, string[]][] = [
    ["without it", "", ["out_trade_no"]],
    ["that is empty", "?out_trade_no=", ["out_trade_no"]],
    ["that stands twice", "?out_trade_no=a&out_trade_no=b", ["out_trade_no"]],
    ["with a space", "?out_trade_no=a+b", ["out_trade_no"]],
    ["with a NUL", "?out_trade_no=a%00", ["out_trade_no"]],
    ["with a line end", "?out_trade_no=a%0a", ["out_trade_no"]],
    ["of another alphabet", "?out_trade_no=%E8%AE%A2", ["out_trade_no"]],
    ["of 65 characters", `?out_trade_no=${"a".repeat(65)}`, ["out_trade_no"]],
    ["beside an order_no", "?out_trade_no=a&order_no=b", ["order_no"]],
    ["in an array", "?out_trade_no[]=a", ["out_trade_no", "out_trade_no[]"]],
  ];
  it.each(wrong)("%s is refused", async (_what, query, fields) => {
    expectRefused(await get(`payment/query${query}`), 1001, ...fields);
  });

  it("of a list of capabilities with any query is refused by its name", async () => {
    expectRefused(await get("capabilities?provider=stripe"), 1001, "provider");
  });
});

describe("a refund with", () => {
  const ask = (wanted: Data) =>
    api.call("POST", "/api/v1/payment/refund", {
      order_no: orderNo,
      refund_no: "r-1",
      amount: "1",
      ...wanted,
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
  it.each(wrong)("%s %j is refused", async (name, value, field = name) => {
    expectRefused(await ask({ [name]: value }), 1001, field);
  });

  const decided: [string, Data, number, number][] = [
    ["an order that nobody has", { order_no: "UNI1" }, 404, 2007],
    ["an order called __proto__", { order_no: "__proto__" }, 404, 2007],
    ["an order that is not paid", {}, 409, 2008],
  ];
  it.each(decided)("%s is refused", async (_what, change, status, code) => {
    expect(await ask(change)).toMatchObject({ status, code });
  });
});

describe("a resend with", () => {
  const resend = (body: string, number = orderNo) =>
    api.call("POST", `/api/v1/payment/notify/resend/${number}`, body);
  const wrong: [string, string, string][] = [
    ["an event_id of another type", '{"event_id":7}', "event_id"],
    ["an empty event_id", '{"event_id":""}', "event_id"],
    ["a long event_id", `{"event_id":"${"a".repeat(65)}"}`, "event_id"],
    ["an unknown field", '{"url":"https://evil.example"}', "url"],
    ["an array", "[]", "body"],
    ["broken JSON", "{", "body"],
    ["a name twice", '{"event_id":"a","event_id":"b"}', "event_id"],
    ["a prototype", '{"__proto__":{"a":1}}', "__proto__"],
  ];
  it.each(wrong)("%s is refused", async (_what, body, field) => {
    expectRefused(await resend(body), 1001, field);
  });

  it("an order_no in the body is refused: the path names it", async () => {
    expectRefused(await resend(JSON.stringify({ order_no: orderNo }), "UNI1"), 1001, "order_no");
  });

  it("an event that is not this order's is refused", async () => {
    expect(await resend('{"event_id":"00000000-0000-4000-8000-000000000000"}')).toMatchObject({
      status: 409,
      code: 2008,
    });
  });
});
