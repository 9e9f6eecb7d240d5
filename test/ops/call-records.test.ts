import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newApiKey } from "../../lib/merchants/api-key.ts";
import { brokenInvariants } from "../../scripts/invariants/invariants.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { apiCallLines, handOver } from "../steps/api-calls.ts";
import { type LogLine, logOf } from "../steps/captured-log.ts";
import { invoke } from "../steps/front.ts";
import { operator, refusal } from "../steps/operator.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
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
  rows.query("SELECT * FROM api_calls WHERE request_id IN (?) ORDER BY id", [
    lines.map((line) => line.request_id),
  ]);

/** The rows recorded for the calls that `run` makes. */
async function recordsOf(run: () => Promise<unknown>): Promise<Row[]> {
  const lines = apiCallLines(await logOf(run));
  await handOver(lines);
  return recorded(lines);
}

describe("calls with a valid key", () => {
  it("operators see for each recorded call its caller, request, response and order", async () => {
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

  it("a call refused for its body, its scope or its order is recorded, too", async () => {
    const scoped = await operator<{ api_key: string }>("key create", {
      merchant: shop.username,
      scopes: "query",
    });
    const weak = apiOf(world, { ...shop, apiKey: scoped.api_key });
    const paid = await paidOrder(world, api, "stripe");
    const refund = { order_no: paid, refund_no: aRefundNo(), amount: "100.01" };
    const [malformed, wrong, forbidden, external, tooMuch] = await recordsOf(async () => {
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
    expect(external).toMatchObject({ http_status: 404, order_no: null });
    expect(tooMuch).toMatchObject({ http_status: 400, order_no: paid });
    await operator("key revoke", { merchant: shop.username, key_id: String(forbidden?.key_id) });
  });

  it("a call whose log line is delivered repeatedly and concurrently is recorded once", async () => {
    const lines = apiCallLines(await logOf(() => api.query("unknown")));
    await Promise.all([handOver(lines), handOver([...lines, ...lines])]);
    await handOver(lines);
    expect(await recorded(lines)).toHaveLength(1);
  });

  it("each of 250 calls delivered in one batch is recorded", async () => {
    const [line] = apiCallLines(await logOf(() => api.query("unknown")));
    const lines = Array.from({ length: 250 }, (_, at) => ({ ...line!, request_id: `many-${at}` }));
    await handOver(lines);
    expect(await recorded(lines)).toHaveLength(250);
  });
});

it("no secret, card number or buyer name sent in any field reaches the log or the call records", async () => {
  const existing = ["sk_live_51HxAbCdEfGhIjKl", "4111111111111111", shop.apiKey];
  const secrets = [...existing, "Alice Smith", "token-of-the-shop"];
  const everywhere = secrets.join(" ");
  const lines = await logOf(async () => {
    const input = anOrder({
      provider: "stripe",
      subject: everywhere,
      body: everywhere,
      metadata: { buyer: everywhere, "Alice Smith": "x" },
      notify_url: `${shop.inboxUrl}?token=token-of-the-shop`,
      return_url: "https://alice@shop.example/?token=token-of-the-shop",
    });
    expect(await api.create(input)).toMatchObject({ status: 200 });
    for (const field of [...Object.keys(input), "extra_params", "scene", "config", "currency", everywhere])
      await api.create({ ...input, out_trade_no: `${field}`.slice(0, 3), [field]: everywhere });
    for (const secret of [...existing, "Alice Smith", everywhere]) {
      const path = `/api/v1/payment/query/${encodeURIComponent(secret)}`;
      const headers = { "x-api-key": shop.apiKey, "user-agent": `shop/1 ${existing.join(" ")}` };
      await fetch(`${world.front.url}${path}?token=${encodeURIComponent(everywhere)}`, { headers });
      await api.call("GET", `/api/v1/payment/query?out_trade_no=${encodeURIComponent(secret)}`);
    }
  });
  await handOver(apiCallLines(lines));
  const stored = JSON.stringify(await recorded(apiCallLines(lines)));
  expect(apiCallLines(lines).length).toBeGreaterThan(20);
  for (const text of [stored, JSON.stringify(lines)]) {
    expect([...secrets, shop.apiKey.slice(0, 40)].filter((one) => text.includes(one))).toEqual([]);
  }
});

it("a call without a valid key is logged but not recorded", async () => {
  const { text: odd } = newApiKey(shop.userId);
  const log = await logOf(async () => {
    for (const apiKey of ["", "ak_wrong", odd]) await apiOf(world, { ...shop, apiKey }).create(anOrder());
    await fetch(`${world.front.url}/api/v1/public/notify/stripe/${shop.configs.stripe}`, { method: "POST" });
    await fetch(`${world.front.url}/api/v1/nowhere`, { headers: { "x-api-key": shop.apiKey } });
  });
  // The simulators call the gateway, too.
  const own = log.filter(({ user_agent }) => user_agent === "node");
  expect(own.map(({ message }) => message)).toEqual(Array(5).fill("call"));
});

describe("record-api-calls", () => {
  it("record-api-calls drops unreadable lines with an alarm and records the others", async () => {
    const good = apiCallLines(await logOf(() => api.query("unknown")));
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
    expect(await rows.query("SELECT id FROM api_calls WHERE request_id IN ('x', 'y', 'z')")).toEqual([]);
  });

  it("record-api-calls writes nothing for a control message of CloudWatch Logs", async () => {
    const requested = { messageType: "CONTROL_MESSAGE", logEvents: [{ message: "CWL CONTROL MESSAGE" }] };
    const data = gzipSync(JSON.stringify(requested)).toString("base64");
    const log = await logOf(() => invoke("record-api-calls", { awslogs: { data } }));
    expect(log.filter(isAlarm)).toEqual([]);
  });

  it("record-api-calls fails when it cannot write, so that CloudWatch Logs retries", async () => {
    const lines = apiCallLines(await logOf(() => api.query("unknown")));
    await rows.query("RENAME TABLE api_calls TO away");
    await expect(handOver(lines)).rejects.toThrow();
    await rows.query("RENAME TABLE away TO api_calls");
    await handOver(lines);
    expect(await recorded(lines)).toHaveLength(1);
  });
});

describe("calls list", () => {
  it("calls list pages newest first and filters by merchant, status and time", async () => {
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

  it("calls list shows only the calls of an order's own merchant", async () => {
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

describe("stored call records", () => {
  it("call records break no invariant", async () => {
    expect(await rows.query("SELECT id FROM api_calls")).not.toEqual([]);
    const broken = await brokenInvariants(rows.query, world.clock.now());
    // Provider requests contain what the merchant has written into the order, so they are left out.
    const others = broken.flatMap((one) => one.rows).filter((row) => row.in_table !== "provider_requests");
    expect(others).toEqual([]);
  });

  it("call records are purged after 90 days, at most 5,000 in a sweep", async () => {
    await rows.query("DELETE FROM api_calls");
    const [line] = apiCallLines(await logOf(() => api.query("unknown")));
    const lines = Array.from({ length: 5_001 }, (_, at) => ({ ...line!, request_id: `old-${at}` }));
    await handOver(lines);
    await world.passes(90 * 24 * 3600 - 60);
    expect(await invoke("sweep", {})).toMatchObject({ calls: 0 });
    await world.passes(120);
    expect(await invoke("sweep", {})).toMatchObject({ calls: 5_000 });
    expect(await invoke("sweep", {})).toMatchObject({ calls: 1 });
  });
});
