import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { operator, refusal } from "../steps/operator.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;
let stripe: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  other = await world.openShop("stripe");
  api = apiOf(world, shop);
  stripe = simulatorOf(world, "stripe");
});
afterEach(() => stripe.faults({}));
afterAll(async () => {
  await rows.close();
  await world.stop();
});

async function order(by = api): Promise<{ order_no: string; out_trade_no: string }> {
  const input = anOrder({ provider: "stripe" });
  const { data } = await by.create(input);
  return { order_no: String(data.order_no), out_trade_no: String(input.out_trade_no) };
}

const named = ["order show", "order timeline", "order sync"];

describe("order show, timeline and sync", () => {
  it("order show lists refunds, notifications and webhooks, by our order number or the merchant's", async () => {
    const notify_url = `${shop.inboxUrl}?token=hidden-in-a-query`;
    const order_no = await paidOrder(world, api, "stripe", { notify_url });
    const refund_no = aRefundNo();
    await refundsOf(api).ask({ order_no, refund_no, amount: "1.00" });
    const shown = await operator("order show", { order_no });
    expect(shown).toMatchObject({
      order_no,
      user_id: shop.userId,
      config_id: shop.configs.stripe,
      status: "success",
      amount: 100,
      notify_url: `${shop.inboxUrl}?…`,
      attempts: [{ done: 1 }],
      refunds: [{ refund_no, amount_minor: "100", status: "success" }],
      anomalies: [],
    });
    expect(shown.webhooks).toContainEqual(
      expect.objectContaining({ event_type: "checkout.session.completed", times: 1, replayable: true }),
    );
    expect(shown.notifications).toContainEqual(
      expect.objectContaining({ event: "payment.success", status: "success", outcome: "received" }),
    );
    const { out_trade_no } = shown;
    expect(await operator("order show", { merchant: shop.username, out_trade_no })).toEqual(shown);
  });

  it("order show hides the payment link, idempotency keys, lease tokens and URL queries", async () => {
    const input = anOrder({ provider: "stripe", return_url: "https://shop.example/back?token=secret" });
    const { data } = await api.create(input);
    const [attempt] = await rows.query("SELECT * FROM provider_requests WHERE order_id = ?", [
      (await rows.order(data.order_no)).id,
    ]);
    const text = JSON.stringify(await operator("order show", { order_no: data.order_no }));
    expect(text).toContain(data.order_no);
    for (const hidden of [data.payment_url, attempt?.idempotency_key, attempt?.lease_token, "token=secret"])
      expect(text).not.toContain(hidden);
  });

  it("order timeline shows operators the same timeline as the merchant", async () => {
    const order_no = await paidOrder(world, api, "stripe");
    const lines = await operator<Data[]>("order timeline", { order_no });
    expect(lines).toEqual(await api.timeline(order_no));
    expect(lines.map(({ kind }) => kind)).toEqual(["created", "status", "status", "delivery"]);
  });

  it.each(named)(
    "%s takes either our order number, or the merchant and the merchant's number",
    async (command) => {
      const { order_no, out_trade_no } = await order();
      const merchant = shop.username;
      for (const args of [{}, { merchant }, { out_trade_no }, { order_no, out_trade_no, merchant }]) {
        expect(await refusal(command, args)).toEqual({
          code: 1001,
          message: "name the order by --order-no, or by --merchant and --out-trade-no",
        });
      }
      expect(await refusal(command, { order_no, also: "x" })).toMatchObject({ code: 1001 });
      expect(await refusal(command, { order_no: `${order_no} ` })).toMatchObject({ code: 1001 });
    },
  );

  it.each(named)("%s finds neither unknown orders nor orders of another merchant", async (command) => {
    const { order_no, out_trade_no } = await order();
    const calls = (await stripe.calls()).length;
    const stored = await rows.checksums();
    const notFound = { code: 2007, message: "no such order" };
    expect(await refusal(command, { order_no: "UNI20260101000000AAAAAAAAAAAAAAA" })).toEqual(notFound);
    expect(await refusal(command, { order_no: order_no.toLowerCase() })).toEqual(notFound);
    expect(await refusal(command, { order_no, merchant: other.username })).toEqual(notFound);
    expect(await refusal(command, { out_trade_no, merchant: other.username })).toEqual(notFound);
    expect(await refusal(command, { order_no, merchant: "nobody" })).toMatchObject({ code: 1004 });
    expect(await rows.checksums()).toEqual(stored);
    expect(await stripe.calls()).toHaveLength(calls);
  });
});

describe("order list", () => {
  type Page = { items: Data[]; next_cursor: string | null };
  const list = (args: Data) => operator<Page>("order list", args);
  const numbers = ({ items }: Page) => items.map(({ order_no }) => order_no);

  it("order list pages through the orders of all merchants or of one, newest first", async () => {
    const from = world.clock.now().toISOString();
    const mine = [await order(), await order()];
    const theirs = await order(apiOf(world, other));
    const all = [theirs, mine[1], mine[0]].map((one) => one?.order_no);
    const first = await list({ from, limit: "2" });
    const second = await list({ from, limit: "2", cursor: first.next_cursor });
    expect([...numbers(first), ...numbers(second)]).toEqual(all);
    expect(second.next_cursor).toBe(null);
    expect(numbers(await list({ from, merchant: shop.username }))).toEqual(all.slice(1));
    expect(numbers(await list({ from, merchant: other.userId }))).toEqual(all.slice(0, 1));
    const [line] = first.items;
    expect(line).toMatchObject({ user_id: other.userId, status: "pending", amount: 12.34, currency: "CNY" });
  });

  it("order list filters by status, provider and time", async () => {
    const from = world.clock.now().toISOString();
    const paid = await paidOrder(world, api, "stripe");
    await order();
    expect(numbers(await list({ from, status: "success" }))).toEqual([paid]);
    expect(numbers(await list({ from, provider: "alipay" }))).toEqual([]);
    expect(numbers(await list({ from, to: from }))).toEqual([]);
  });

  it("order list refuses an invalid status, time, cursor, limit, field or merchant", async () => {
    for (const [field, value] of Object.entries({
      status: "paid",
      from: "yesterday",
      limit: "0",
      cursor: "x",
    }))
      expect(await refusal("order list", { [field]: value })).toMatchObject({
        code: 1001,
        message: expect.stringContaining(field),
      });
    expect(await refusal("order list", { shop: "x" })).toMatchObject({ code: 1001 });
    expect(await refusal("order list", { merchant: "nobody" })).toMatchObject({ code: 1004 });
  });
});

describe("order sync", () => {
  it("order sync polls the provider at once and finds a payment whose webhook was lost", async () => {
    const { order_no } = await order();
    await api.query(order_no);
    await stripe.faults({ lose: true });
    await stripe.payUnopened(order_no);
    // A query polls the provider at most every three seconds.
    expect((await api.query(order_no)).data).toMatchObject({ status: "pending" });
    expect(await operator("order sync", { order_no })).toMatchObject({
      order_no,
      status: "success",
      trade_no: expect.stringMatching(/^pi_/),
      look_ups: 2,
    });
    expect((await api.timeline(order_no)).filter(({ kind }) => kind === "look_up")).toHaveLength(2);
  });

  it("order sync of a paid order changes only the time and count of polls", async () => {
    const order_no = await paidOrder(world, api, "stripe");
    const { polled_at: _, poll_count: __, ...before } = await rows.order(order_no);
    expect(await operator("order sync", { order_no })).toMatchObject({ status: "success" });
    expect(await rows.order(order_no)).toMatchObject(before);
    expect(await rows.notifications(order_no)).toHaveLength(1);
  });

  it.each([
    ["answers 503", { status: 503 }],
    ["answers with an HTML page", { html: true }],
  ])(
    "order sync fails with the reason and leaves the order unchanged when the provider %s",
    async (_name, fault) => {
      const { order_no } = await order();
      await stripe.faults(fault);
      expect(await refusal("order sync", { order_no })).toEqual({
        code: 2001,
        message: expect.stringMatching(/^fetching the payment from stripe failed: ./),
      });
      expect(await rows.order(order_no)).toMatchObject({ status: "pending", version: 2 });
    },
  );

  it("order sync fails if the config of the order no longer exists", async () => {
    const third = await world.openShop("stripe");
    const { order_no } = await order(apiOf(world, third));
    await rows.query("DELETE FROM payment_configs WHERE id = ?", [third.configs.stripe]);
    await rows.query("UPDATE payment_orders SET config_id = ? WHERE order_no = ?", [
      shop.configs.stripe,
      order_no,
    ]);
    expect(await refusal("order sync", { order_no })).toMatchObject({
      code: 2001,
      message: expect.stringContaining("no longer exists"),
    });
  });

  it("order sync completes a create whose answer was lost, with the same idempotency key", async () => {
    await stripe.faults({ timeout_after_success: true });
    const created = await api.create(anOrder({ provider: "stripe" }));
    expect(created).toMatchObject({ status: 504 });
    await stripe.faults({});
    await world.passes(13);
    expect(await operator("order sync", { order_no: created.order_no })).toMatchObject({
      status: "pending",
      made: true,
    });
    expect(await stripe.payments(String(created.order_no))).toHaveLength(1);
  });

  it("order sync is refused for a payment that the provider refused to create", async () => {
    await stripe.faults({ code: "amount_too_large", on: "create", times: 1 });
    const { order_no } = await api.create(anOrder({ provider: "stripe" }));
    const calls = (await stripe.calls()).length;
    expect(await refusal("order sync", { order_no })).toMatchObject({ code: 2008 });
    expect(await stripe.calls()).toHaveLength(calls);
  });
});
