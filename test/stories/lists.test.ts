import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kits, providerNames } from "../kits/kits.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { expectRefused } from "../steps/refused-input.ts";
import { openRows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;
/** 25 payments, newest first: every fifth uses Stripe, and the two oldest Stripe payments are closed. */
const created: string[] = [];

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
  for (let at = 0; at < 25; at++) {
    const { data } = await api.create(anOrder({ provider: at % 5 === 0 ? "stripe" : "alipay" }));
    created.unshift(String(data.order_no));
  }
  // Alipay can only close a payment that its buyer has opened; a Stripe session can be closed at any time.
  for (const at of [0, 5]) expect((await api.close(created[24 - at]!)).status).toBe(200);
});
afterAll(() => world.stop());

const list = (query: Record<string, string> = {}, by = api) =>
  by.call("GET", `/api/v1/payment/list?${new URLSearchParams(query)}`);
const numbersOf = ({ data }: { data: Data }) => (data.items as Data[]).map(({ order_no }) => order_no);

/** Reads every page by its cursor; `between` runs after each page. */
async function allPages(query: Record<string, string>, between = async () => {}): Promise<unknown[][]> {
  const pages: unknown[][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await list({ ...query, ...(cursor && { cursor }) });
    expect(page.status).toBe(200);
    pages.push(numbersOf(page));
    cursor = page.data.next_cursor as string | null;
    await between();
  }
  return pages;
}

describe("the payment list", () => {
  it("the payment list is paged newest first, without gaps or repeats", async () => {
    const pages = await allPages({ limit: "10" });
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(created);
    expect(numbersOf(await list())).toEqual(created.slice(0, 20));
  });

  it("the payment list has no empty page after a full last page", async () => {
    expect((await allPages({ limit: "25" })).map(({ length }) => length)).toEqual([25]);
  });

  it("the payment list filters by provider, status and time", async () => {
    const ofStripe = created.filter((_, at) => (24 - at) % 5 === 0);
    expect((await allPages({ provider: "stripe", limit: "2" })).flat()).toEqual(ofStripe);
    expect(numbersOf(await list({ status: "closed" }))).toEqual([created[19], created[24]]);
    expect(numbersOf(await list({ status: "closed", provider: "alipay" }))).toEqual([]);
    const { data } = await api.query(created[10]!);
    const [from, after] = [String(data.created_at), new Date(Date.parse(String(data.created_at)) + 1)];
    const sinceThen = numbersOf(await list({ from, limit: "100" }));
    expect(sinceThen.at(-1)).toBe(created[10]);
    expect(numbersOf(await list({ to: from, limit: "100" }))[0]).toBe(created[11]);
    expect(numbersOf(await list({ from, to: after.toISOString() }))).toEqual([created[10]]);
  });

  it("a payment list cursor keeps its place when payments are added or share a millisecond", async () => {
    const rows = await openRows();
    await rows.query(
      `UPDATE payment_orders o JOIN (SELECT MIN(created_at) AS at FROM payment_orders WHERE order_no IN (?)) t
       SET o.created_at = t.at WHERE o.order_no IN (?)`,
      [created.slice(8, 12), created.slice(8, 12)],
    );
    await rows.close();
    const added: unknown[] = [];
    const pages = await allPages({ limit: "5" }, async () => {
      added.push((await api.create(anOrder())).data.order_no);
    });
    expect(pages.flat()).toEqual(created);
    expect(numbersOf(await list({ limit: "3" }))).toEqual(added.reverse().slice(0, 3));
  });

  it("the payment list shows a payment exactly as a query does, refunded or not", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" });
    const { data } = await api.query(orderNo);
    const { data: page } = await list({ limit: "1" });
    expect(page.items).toEqual([data]);
    expect(data).toMatchObject({ notify_status: "success", refunded_amount: 30 });
  });

  it("the payment list shows no other merchant's payments, whatever cursor is used", async () => {
    const { data } = await list({ limit: "5" });
    const other = apiOf(world, await world.openShop("alipay"));
    for (const query of [{}, { cursor: String(data.next_cursor) }] as Record<string, string>[]) {
      expect((await list(query, other)).data).toEqual({ items: [], next_cursor: null });
    }
  });

  it.each([
    ["cursor", "not-one"],
    ["cursor", Buffer.from("1:2:3").toString("base64url")],
    ["cursor", Buffer.from("1;DROP:2").toString("base64url")],
    ["limit", "0"],
    ["limit", "101"],
    ["limit", "ten"],
    ["from", "yesterday"],
    ["status", "paid"],
    ["page", "2"],
  ])("the payment list refuses %s=%s and names the parameter", async (name, value) =>
    expectRefused(await list({ [name]: value }), 1001, name),
  );
});

describe("capabilities", () => {
  const capabilities = async (by: Api) =>
    (await by.call("GET", "/api/v1/capabilities")).data.items as {
      provider: string;
      config: string;
      scenes: string[];
      verbs: string[];
      max_expires_in: Record<string, number>;
    }[];

  it("capabilities list the scenes and operations of every usable config", async () => {
    const all = await capabilities(api);
    const expected = providerNames.map((provider) => {
      const { scenes, claims } = kits[provider].contract;
      const longest = Object.entries(scenes).map(([scene, { lives }]) => [scene, lives[0]![1]]);
      const verbs = ["create", "query"];
      if (claims.includes("close")) verbs.push("close");
      if (claims.includes("refund")) verbs.push("refund", "refund_query");
      const max_expires_in = Object.fromEntries(longest);
      return { provider, config: "default", scenes: Object.keys(scenes), verbs, max_expires_in };
    });
    expect(all).toHaveLength(expected.length);
    expect(all).toEqual(expect.arrayContaining(expected));
  });

  it("capabilities leave out disabled configs, incomplete ones and other merchants' configs", async () => {
    const newShop = await world.openShop("stripe", "alipay");
    const { username: merchant } = newShop;
    await world.ops("config disable", { merchant, config_id: newShop.configs.alipay });
    const rows = await openRows();
    const { webhook_secret: _, account: __, ...incomplete } = newShop.accounts.stripe!;
    await rows.query(
      `INSERT INTO payment_configs (user_id, provider, config_name, config_data, status)
       VALUES (?, 'stripe', ?, ?, 1)`,
      [newShop.userId, `half-${randomUUID()}`.slice(0, 20), JSON.stringify(incomplete)],
    );
    await rows.close();
    expect(await capabilities(apiOf(world, newShop))).toMatchObject([
      { provider: "stripe", config: "default" },
    ]);
  });
});
