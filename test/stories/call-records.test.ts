import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newApiKey } from "../../lib/merchant/api-key.ts";
import { brokenInvariants } from "../../scripts/invariants/invariants.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { type LogLine, logOf } from "../steps/captured-log.ts";
import { invoke } from "../steps/front.ts";
import { operator, refusal } from "../steps/operator.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { callLines, handOver } from "../steps/recorded-calls.ts";
import { openRows, type Row, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

type Page = { items: Data[]; next_cursor: string | null };

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe", "alipay");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const isAlarm = ({ level }: LogLine) => level === "error";
const calls = (args: Data = {}) => operator<Page>("calls list", args);
const recorded = (lines: readonly LogLine[]) =>
  rows.query("SELECT * FROM api_logs WHERE request_id IN (?) ORDER BY id", [
    lines.map((line) => line.request_id),
  ]);

/** What is recorded of the calls that `run` makes. */
async function recordsOf(run: () => Promise<unknown>): Promise<Row[]> {
  const lines = callLines(await logOf(run));
  await handOver(lines);
  return recorded(lines);
}

describe("a call with a valid key", () => {
  it("is found by operators: who, what, how it ended, and the order it was about", async () => {
    const order = anOrder({ provider: "stripe" });
    let orderNo = "";
    await recordsOf(async () => {
      orderNo = String((await api.create(order)).data.order_no);
      await api.query(orderNo);
      await api.call("GET", `/api/v1/payment/query?out_trade_no=${order.out_trade_no}`);
      await api.timeline(orderNo);
      await api.close(orderNo);
    });
    const [close, timeline, found, query, create] = (await calls({ order_no: orderNo })).items;
    const [{ key_id } = {}] = await operator<Data[]>("key list", { merchant: shop.username });
    expect(create).toMatchObject({
      user_id: shop.userId,
      key_id,
      method: "POST",
      path: "/api/v1/payment/create",
      http_status: 200,
      source: "127.0.0.1",
      user_agent: "node",
      order_no: orderNo,
      request: { provider: "stripe", out_trade_no: order.out_trade_no, amount: "12.34" },
      answer: { code: 0, message: "success", request_id: create?.request_id, data: { order_no: orderNo } },
    });
    expect(create?.at).toEqual(expect.stringMatching(/^\d{4}-.*Z$/));
    expect(Number(create?.duration_ms)).toBeGreaterThanOrEqual(0);
    expect(query).toMatchObject({ path: `/api/v1/payment/query/${orderNo}`, request: {} });
    expect(found).toMatchObject({ request: { out_trade_no: order.out_trade_no } });
    expect(timeline).toMatchObject({
      answer: { data: { items: expect.stringMatching(/^\[\d+ entries\]$/) } },
    });
    expect(close).toMatchObject({ method: "POST", answer: { data: { status: "closed" } } });
  });

  it("is recorded when it is refused, too: its body, its scope, its order", async () => {
    const scoped = await operator<{ api_key: string }>("key create", {
      merchant: shop.username,
      scopes: "query",
    });
    const weak = apiOf(world, { ...shop, apiKey: scoped.api_key });
    const paid = await paidOrder(world, api, "stripe");
    const refund = { order_no: paid, refund_no: aRefundNo(), amount: "100.01" };
    const [malformed, wrong, forbidden, foreign, tooMuch] = await recordsOf(async () => {
      await api.create("{" as unknown as Data);
      await api.create(anOrder({ amount: "-1" }));
      await weak.create(anOrder());
      await api.query("UNI20260101000000AAAAAAAAAAAAAAA");
      await refundsOf(api).ask(refund);
    });
    expect(malformed).toMatchObject({ http_status: 400, request: '"[unreadable: 1 bytes]"' });
    expect(wrong).toMatchObject({ http_status: 400, order_no: null });
    expect(JSON.parse(String(wrong?.answer))).toMatchObject({ code: 1001, errors: [{ field: "amount" }] });
    expect(forbidden).toMatchObject({ http_status: 403, user_id: shop.userId });
    expect(foreign).toMatchObject({ http_status: 404, order_no: null });
    expect(tooMuch).toMatchObject({ http_status: 400, order_no: paid });
    await operator("key revoke", { merchant: shop.username, key_id: String(forbidden?.key_id) });
  });

  it("is one record however often, and by however many, its line is handed over", async () => {
    const lines = callLines(await logOf(() => api.query("unknown")));
    await Promise.all([handOver(lines), handOver([...lines, ...lines])]);
    await handOver(lines);
    expect(await recorded(lines)).toHaveLength(1);
  });

  it("is recorded among hundreds of others", async () => {
    const [line] = callLines(await logOf(() => api.query("unknown")));
    const lines = Array.from({ length: 250 }, (_, at) => ({ ...line!, request_id: `many-${at}` }));
    await handOver(lines);
    expect(await recorded(lines)).toHaveLength(250);
  });
});

it("no secret, card or buyer that a merchant sends, wherever, reaches a log or a record", async () => {
  const known = ["sk_live_51HxAbCdEfGhIjKl", "4111111111111111", shop.apiKey];
  const secrets = [...known, "Alice Smith", "token-of-the-shop"];
  const everywhere = secrets.join(" ");
  const lines = await logOf(async () => {
    const wanted = anOrder({
      provider: "stripe",
      subject: everywhere,
      body: everywhere,
      metadata: { buyer: everywhere, "Alice Smith": "x" },
      notify_url: `${shop.inboxUrl}?token=token-of-the-shop`,
      return_url: "https://alice@shop.example/?token=token-of-the-shop",
    });
    expect(await api.create(wanted)).toMatchObject({ status: 200 });
    for (const field of [...Object.keys(wanted), "extra_params", "scene", "config", "currency", everywhere])
      await api.create({ ...wanted, out_trade_no: `${field}`.slice(0, 3), [field]: everywhere });
    for (const secret of [...known, "Alice Smith", everywhere]) {
      const path = `/api/v1/payment/query/${encodeURIComponent(secret)}`;
      const headers = { "x-api-key": shop.apiKey, "user-agent": `shop/1 ${known.join(" ")}` };
      await fetch(`${world.front.url}${path}?token=${encodeURIComponent(everywhere)}`, { headers });
      await api.call("GET", `/api/v1/payment/query?out_trade_no=${encodeURIComponent(secret)}`);
    }
  });
  await handOver(callLines(lines));
  const kept = JSON.stringify(await recorded(callLines(lines)));
  expect(callLines(lines).length).toBeGreaterThan(20);
  for (const text of [kept, JSON.stringify(lines)]) {
    expect([...secrets, shop.apiKey.slice(0, 40)].filter((one) => text.includes(one))).toEqual([]);
  }
});

it("a call without a valid key is a line in the log and no record", async () => {
  const { text: strange } = newApiKey(shop.userId);
  const log = await logOf(async () => {
    for (const apiKey of ["", "ak_wrong", strange]) await apiOf(world, { ...shop, apiKey }).create(anOrder());
    await fetch(`${world.front.url}/api/v1/public/notify/stripe/${shop.configs.stripe}`, { method: "POST" });
    await fetch(`${world.front.url}/api/v1/nowhere`, { headers: { "x-api-key": shop.apiKey } });
  });
  // Simulators call, too.
  const own = log.filter(({ user_agent }) => user_agent === "node");
  expect(own.map(({ message }) => message)).toEqual(Array(5).fill("call"));
});

describe("the function that records calls", () => {
  it("loses a line that nobody can read, with an alarm, and no other", async () => {
    const good = callLines(await logOf(() => api.query("unknown")));
    const [line] = good;
    const bad = [
      "not JSON",
      { ...line!, request_id: undefined },
      { ...line!, request_id: "x", at: "yesterday" },
      { ...line!, request_id: "y", path: "x".repeat(501) },
      { ...line!, request_id: "z", merchant: "-1" },
    ];
    const log = await logOf(() => handOver([bad[0]!, ...good, ...bad.slice(1)]));
    expect(log.filter(isAlarm)).toMatchObject([
      { level: "error", message: "unreadable lines dropped", count: 5 },
    ]);
    expect(await recorded(good)).toHaveLength(1);
    expect(await rows.query("SELECT id FROM api_logs WHERE request_id IN ('x', 'y', 'z')")).toEqual([]);
  });

  it("writes nothing when CloudWatch asks whether it is there", async () => {
    const asked = { messageType: "CONTROL_MESSAGE", logEvents: [{ message: "CWL CONTROL MESSAGE" }] };
    const data = gzipSync(JSON.stringify(asked)).toString("base64");
    const log = await logOf(() => invoke("record-api-calls", { awslogs: { data } }));
    expect(log.filter(isAlarm)).toEqual([]);
  });

  it("fails when it cannot write, so that the platform tries again", async () => {
    const lines = callLines(await logOf(() => api.query("unknown")));
    await rows.query("RENAME TABLE api_logs TO away");
    await expect(handOver(lines)).rejects.toThrow();
    await rows.query("RENAME TABLE away TO api_logs");
    await handOver(lines);
    expect(await recorded(lines)).toHaveLength(1);
  });
});

describe("the operators' list of calls", () => {
  it("pages through the newest first, of a merchant, a status and a time", async () => {
    const other = await world.openShop("stripe");
    const theirs = apiOf(world, other);
    await recordsOf(async () => {
      for (const _ of [1, 2, 3]) await theirs.create(anOrder({ provider: "stripe" }));
      await theirs.query("unknown");
    });
    const mine = { merchant: other.username };
    const all = (await calls(mine)).items;
    expect(all.map(({ http_status }) => http_status)).toEqual([404, 200, 200, 200]);
    const first = await calls({ ...mine, limit: "3" });
    const rest = await calls({ ...mine, limit: "3", cursor: first.next_cursor });
    expect([...first.items, ...rest.items]).toEqual(all);
    expect(rest.next_cursor).toBeNull();
    expect((await calls({ ...mine, status: "404" })).items).toEqual([all[0]]);
    const second = { from: all[2]?.at, to: all[1]?.at };
    expect((await calls({ ...mine, ...second })).items).toEqual([all[2]]);
    expect((await calls({ limit: "4" })).items).toEqual(all);
    expect(await refusal("calls list", { cursor: "x" })).toMatchObject({ code: 1001 });
  });

  it("shows an order's calls of its own merchant alone", async () => {
    const other = await world.openShop("stripe");
    let orderNo = "";
    await recordsOf(async () => {
      orderNo = String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
      await apiOf(world, other).query(orderNo);
    });
    expect((await calls({ order_no: orderNo })).items).toMatchObject([{ user_id: shop.userId }]);
    expect((await calls({ order_no: orderNo, merchant: other.username })).items).toEqual([]);
    expect(await refusal("calls list", { order_no: "nowhere" })).toMatchObject({ code: 2007 });
  });
});

describe("records of calls", () => {
  it("keep what must hold of every row", async () => {
    expect(await rows.query("SELECT id FROM api_logs")).not.toEqual([]);
    const broken = await brokenInvariants(rows.query, world.clock.now());
    // An order keeps what its merchant has written into it.
    const others = broken.flatMap((one) => one.rows).filter((row) => row.in_table !== "payment_attempts");
    expect(others).toEqual([]);
  });

  it("are forgotten after 90 days, 5,000 in a sweep", async () => {
    await rows.query("DELETE FROM api_logs");
    const [line] = callLines(await logOf(() => api.query("unknown")));
    const lines = Array.from({ length: 5_001 }, (_, at) => ({ ...line!, request_id: `old-${at}` }));
    await handOver(lines);
    await world.passes(90 * 24 * 3600 - 60);
    expect(await invoke("sweep", {})).toMatchObject({ calls: 0 });
    await world.passes(120);
    expect(await invoke("sweep", {})).toMatchObject({ calls: 5_000 });
    expect(await invoke("sweep", {})).toMatchObject({ calls: 1 });
  });
});
