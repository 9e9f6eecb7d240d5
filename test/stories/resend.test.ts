import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data, type Delivery } from "../steps/api.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { rawCall } from "../steps/raw-call.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterEach(() => api.inboxAnswers({}));
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const path = (orderNo: unknown) => `/api/v1/payment/notify/resend/${orderNo}`;
const resend = (orderNo: unknown, body: Data = {}, by = api) => by.call("POST", path(orderNo), body);
const notified = async (orderNo: string): Promise<Delivery[]> =>
  (await api.inbox()).filter(({ body }) => JSON.parse(body).order_no === orderNo);
const series = async (orderNo: string) =>
  (await rows.notifications(orderNo)).map(({ event, generation, status }) => ({ event, generation, status }));

describe("resending a notification", () => {
  it("a resend starts a new series with the same webhook-id and bytes and supersedes the older one", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    expect(await resend(orderNo)).toMatchObject({
      status: 200,
      data: { order_no: orderNo, notify_status: "pending" },
    });
    await world.queues.drain();
    const [first, second, ...more] = await notified(orderNo);
    expect(more).toEqual([]);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(await series(orderNo)).toEqual([
      { event: "payment.success", generation: 1, status: "superseded" },
      { event: "payment.success", generation: 2, status: "success" },
    ]);
    expect((await api.query(orderNo)).data.notify_status).toBe("success");
  });

  it("a resend needs no body, and without a body no content type", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const headers = { "x-api-key": shop.apiKey };
    expect(await rawCall(world, { path: path(orderNo), headers })).toMatchObject({ status: 200, code: 0 });
    const empty = { "content-type": "application/json", ...headers };
    expect(await rawCall(world, { path: path(orderNo), headers: empty, body: "" })).toMatchObject({
      status: 200,
    });
    expect(await rawCall(world, { path: path(orderNo), headers, body: "{}" })).toMatchObject({
      status: 400,
      errors: [{ field: "content-type" }],
    });
    await world.queues.drain();
    expect((await notified(orderNo)).length).toBeGreaterThan(1);
  });

  it("a resend sends the named event, or the latest one if none is named", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "1.00" });
    await world.queues.drain();
    const eventsNotified = async () => (await notified(orderNo)).map(({ body }) => JSON.parse(body).event);
    const [paid] = await notified(orderNo);
    await resend(orderNo);
    await world.queues.drain();
    await resend(orderNo, { event_id: paid!.headers["webhook-id"] });
    await world.queues.drain();
    const last = await eventsNotified();
    expect(last.slice(0, 2).sort()).toEqual(["payment.success", "refund.success"]);
    expect(last.slice(2)).toEqual(["refund.success", "payment.success"]);
  });

  it("a resend works after the last delivery attempt has failed", async () => {
    await api.inboxAnswers({ status: 500 });
    const orderNo = await paidOrder(world, api, "stripe");
    for (const seconds of [61, 121, 301, 601, 1801]) {
      // SQS delays a message by 15 minutes at most.
      for (let left = seconds; left > 0; left -= 900) {
        await world.passes(Math.min(left, 900));
        await world.queues.drain();
      }
    }
    expect((await api.query(orderNo)).data.notify_status).toBe("exhausted");
    expect(await notified(orderNo)).toHaveLength(6);
    await api.inboxAnswers({});
    await resend(orderNo);
    await world.queues.drain();
    expect((await api.query(orderNo)).data.notify_status).toBe("success");
    expect(
      new Set((await notified(orderNo)).map(({ headers, body }) => headers["webhook-id"] + body)).size,
    ).toBe(1);
  });

  it("a resend works after the endpoint has answered 410 Gone", async () => {
    await api.inboxAnswers({ status: 410 });
    const orderNo = await paidOrder(world, api, "stripe");
    expect((await api.query(orderNo)).data.notify_status).toBe("held");
    await api.inboxAnswers({});
    expect(await resend(orderNo)).toMatchObject({ status: 200 });
    await world.queues.drain();
    expect((await api.query(orderNo)).data.notify_status).toBe("success");
  });

  it("simultaneous resends leave one successful series; all others are superseded", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const answers = await Promise.all([1, 2, 3].map(() => resend(orderNo)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await world.queues.drain();
    const statuses = (await series(orderNo)).map(({ status }) => status);
    expect(statuses.at(-1)).toBe("success");
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(["superseded"]));
  });

  it("a resend requested while another one is being stored joins its series", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const [first] = await rows.notifications(orderNo);
    const other = await openRows();
    await other.query("BEGIN");
    await other.query(
      `INSERT INTO deliveries (user_id, order_id, subject_type, subject_id, event, generation, event_id, url,
         endpoint, payload, due_at, created_at, updated_at)
       SELECT user_id, order_id, subject_type, subject_id, event, 2, event_id, url, endpoint, payload, due_at,
         created_at, updated_at FROM deliveries WHERE id = ?`,
      [first!.id],
    );
    const requested = resend(orderNo);
    await until(async () => {
      const statements = await rows.query<{ Info: string | null }>("SHOW FULL PROCESSLIST");
      return statements.some(({ Info }) => Info?.startsWith("insert into `deliveries`"));
    });
    await other.query("COMMIT");
    await other.close();
    expect(await requested).toMatchObject({ status: 200, data: { notify_status: "pending" } });
    expect(await series(orderNo)).toHaveLength(2);
  });

  it("a resend is refused for another order's event and for an order without events", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const other = await paidOrder(world, api, "stripe");
    const [theirs] = await notified(other);
    for (const event_id of [randomUUID(), theirs!.headers["webhook-id"]]) {
      expect(await resend(orderNo, { event_id })).toMatchObject({ status: 409, code: 2008 });
    }
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    expect(await resend(data.order_no)).toMatchObject({ status: 409, code: 2008 });
    expect(await resend(orderNo, { event: "x" })).toMatchObject({
      status: 400,
      errors: [{ field: "event" }],
    });
    expect(await notified(orderNo)).toHaveLength(1);
  });

  it("a resend does not find another merchant's order", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const other = apiOf(world, await world.openShop("stripe"));
    expect(await resend(orderNo, {}, other)).toMatchObject({ status: 404, code: 2007 });
    await world.queues.drain();
    expect(await notified(orderNo)).toHaveLength(1);
  });
});
