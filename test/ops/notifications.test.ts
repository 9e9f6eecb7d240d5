import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openGateway } from "../../lib/open-gateway.ts";
import { runCommand } from "../../lib/ops/run-command.ts";
import { type Api, anOrder, apiOf, type Data, type Delivery } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { operator, refusal } from "../steps/operator.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;
let theirs: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  other = await world.openShop("stripe");
  api = apiOf(world, shop);
  theirs = apiOf(world, other);
});
afterEach(async () => {
  await api.inboxAnswers({});
  await theirs.inboxAnswers({});
  await rows.query("UPDATE deliveries SET status = 'success' WHERE status IN ('exhausted', 'held')");
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const notified = async (orderNo: string, by = api): Promise<Delivery[]> =>
  (await by.inbox()).filter(({ body }) => JSON.parse(body).order_no === orderNo);
const series = async (orderNo: string) =>
  (await rows.notifications(orderNo)).map(({ generation, status }) => `${generation} ${status}`);
const list = (args: Data = {}) => operator<Data[]>("notify list", args);
const again = (args: Data = {}) =>
  operator<{ resent: number; more: boolean }>("notify resend-exhausted", {
    merchant: shop.username,
    ...args,
  });

/**
 * Paid orders whose notification series is exhausted: the first and the sixth attempt fail, those between are skipped.
 */
async function exhausted(count: number, by = api): Promise<string[]> {
  await by.inboxAnswers({ status: 500 });
  const orders: string[] = [];
  for (let made = 0; made < count; made++) orders.push(await paidOrder(world, by, "stripe"));
  await rows.query("UPDATE deliveries SET attempt = 6 WHERE status = 'pending'");
  await world.passes(61);
  await invoke("sweep", {});
  await world.queues.drain();
  await by.inboxAnswers({});
  return orders;
}

/** A paid order whose series is held after a 410; with its own URL, because every series for a held URL is held too. */
async function held(by = api, { inboxUrl } = shop): Promise<string> {
  await by.inboxAnswers({ status: 410 });
  const orderNo = await paidOrder(world, by, "stripe", { notify_url: `${inboxUrl}?${randomUUID()}` });
  await by.inboxAnswers({});
  return orderNo;
}

describe("notify list", () => {
  it("notify list shows notifications never received, with the outcome of the last attempt", async () => {
    const [mine] = await exhausted(1);
    const gone = await held(theirs, other);
    const received = await paidOrder(world, theirs, "stripe");
    const lines = await list();
    expect(lines.map(({ order_no }) => order_no)).toEqual([gone, mine]);
    expect(lines).toMatchObject([
      { user_id: other.userId, status: "held", outcome: "gone", http_status: 410 },
      { user_id: shop.userId, status: "exhausted", attempt: 6, outcome: "failed", http_status: 500 },
    ]);
    expect(await list({ merchant: shop.username })).toMatchObject([{ order_no: mine }]);
    expect(await list({ merchant: other.username, status: "exhausted" })).toEqual([]);
    expect(await list({ status: "success", limit: "1" })).toMatchObject([
      { order_no: received, generation: 1 },
    ]);
  });

  it("notify list refuses an unknown status or merchant and a limit over 200", async () => {
    expect(await refusal("notify list", { status: "lost" })).toMatchObject({ code: 1001 });
    expect(await refusal("notify list", { merchant: "nobody" })).toMatchObject({ code: 1004 });
    expect(await refusal("notify list", { limit: "1000" })).toMatchObject({
      code: 1001,
      message: "limit: 1 to 200",
    });
  });
});

describe("notify resend", () => {
  it("notify resend starts a new series of attempts for the same event", async () => {
    const order_no = await paidOrder(world, api, "stripe");
    const [first] = await notified(order_no);
    const event_id = first?.headers["webhook-id"];
    expect(await operator("notify resend", { order_no })).toMatchObject({ notify_status: "pending" });
    await world.queues.drain();
    expect(await operator("notify resend", { order_no, event_id, merchant: shop.username })).toMatchObject({
      order_no,
    });
    await world.queues.drain();
    expect(
      new Set((await notified(order_no)).map(({ body, headers }) => headers["webhook-id"] + body)).size,
    ).toBe(1);
    expect(await series(order_no)).toEqual(["1 superseded", "2 superseded", "3 success"]);
  });

  it("notify resend refuses an unknown event, an order without events, and another merchant's order", async () => {
    const order_no = await paidOrder(world, api, "stripe");
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    expect(await refusal("notify resend", { order_no, event_id: randomUUID() })).toMatchObject({
      code: 2008,
    });
    expect(await refusal("notify resend", { order_no: data.order_no })).toMatchObject({ code: 2008 });
    expect(await refusal("notify resend", { order_no, merchant: other.username })).toMatchObject({
      code: 2007,
    });
    expect(await refusal("notify resend", {})).toMatchObject({ code: 1001 });
    expect(await series(order_no)).toEqual(["1 success"]);
  });
});

describe("notify resend-exhausted", () => {
  it("notify resend-exhausted restarts each exhausted series of the merchant once, but none held", async () => {
    const mine = await exhausted(3);
    const [notMine] = await exhausted(1, theirs);
    const gone = await held();
    expect(await again()).toMatchObject({ user_id: shop.userId, resent: 3, more: false });
    expect(await again()).toMatchObject({ resent: 0, more: false });
    await world.queues.drain();
    expect(await again()).toMatchObject({ resent: 0, more: false });
    for (const order of mine) {
      expect(await series(order)).toEqual(["1 superseded", "2 success"]);
      expect(await notified(order)).toHaveLength(3);
    }
    expect(await series(gone)).toEqual(["1 held"]);
    expect(await series(notMine!)).toEqual(["1 exhausted"]);
  });

  it("notify resend-exhausted --held yes also restarts held series", async () => {
    const gone = await held();
    const [mine] = await exhausted(1);
    expect(await again({ held: "yes" })).toMatchObject({ resent: 2 });
    await world.queues.drain();
    expect([await series(gone), await series(mine!)]).toEqual([
      ["1 superseded", "2 success"],
      ["1 superseded", "2 success"],
    ]);
  });

  it("concurrent notify resend-exhausted commands restart each series only once", async () => {
    const orders = await exhausted(6);
    const gateways = [openGateway(), anotherGateway(), anotherGateway()];
    const answers = await Promise.all(
      gateways.map((gateway) => runCommand(gateway, "notify resend-exhausted", { merchant: shop.userId })),
    );
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    await world.queues.drain();
    for (const order of orders) {
      expect(await series(order)).toEqual(["1 superseded", "2 success"]);
      expect(await notified(order)).toHaveLength(3);
    }
    for (const gateway of gateways.slice(1)) await gateway.close();
  });

  it("notify resend-exhausted stops before its time-out and reports that there is more", async () => {
    const orders = await exhausted(2);
    const answer = await invoke(
      "ops",
      { command: "notify resend-exhausted", args: { merchant: shop.userId } },
      10,
    );
    expect(answer).toMatchObject({ ok: true, data: { resent: 0, more: true } });
    expect(await again()).toMatchObject({ resent: orders.length, more: false });
    await world.queues.drain();
  });

  it("notify resend-exhausted leaves series that end after it began to the next call", async () => {
    await exhausted(1);
    await rows.query("UPDATE deliveries SET due_at = ? WHERE status = 'exhausted'", [
      new Date(world.clock.now().getTime() + 60_000),
    ]);
    expect(await again()).toMatchObject({ resent: 0, more: false });
    await world.passes(61);
    expect(await again()).toMatchObject({ resent: 1 });
  });

  it("notify resend-exhausted is refused without a merchant, for an unknown one, or with --held no", async () => {
    expect(await refusal("notify resend-exhausted", {})).toMatchObject({ code: 1001 });
    expect(await refusal("notify resend-exhausted", { merchant: "nobody" })).toMatchObject({ code: 1004 });
    expect(await refusal("notify resend-exhausted", { merchant: shop.username, held: "no" })).toMatchObject({
      code: 1001,
    });
  });
});
