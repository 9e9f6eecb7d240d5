import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data, type Delivery } from "../steps/api.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { rawCall } from "../steps/raw-call.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { until } from "../steps/simulator.ts";
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
const told = async (orderNo: string): Promise<Delivery[]> =>
  (await api.inbox()).filter(({ body }) => JSON.parse(body).order_no === orderNo);
const series = async (orderNo: string) =>
  (await rows.notifications(orderNo)).map(({ event, generation, status }) => ({ event, generation, status }));

describe("telling a merchant again", () => {
  it("is a new series with the same webhook-id and the same bytes; the older one is superseded", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    expect(await resend(orderNo)).toMatchObject({
      status: 200,
      data: { order_no: orderNo, notify_status: "pending" },
    });
    await world.queues.drain();
    const [first, second, ...more] = await told(orderNo);
    expect(more).toEqual([]);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(await series(orderNo)).toEqual([
      { event: "payment.success", generation: 1, status: "superseded" },
      { event: "payment.success", generation: 2, status: "success" },
    ]);
    expect((await api.query(orderNo)).data.notify_status).toBe("success");
  });

  it("needs no body, and no content type for none", async () => {
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
    expect((await told(orderNo)).length).toBeGreaterThan(1);
  });

  it("tells the event that is named, else the last one", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "1.00" });
    await world.queues.drain();
    const eventsTold = async () => (await told(orderNo)).map(({ body }) => JSON.parse(body).event);
    const [paid] = await told(orderNo);
    await resend(orderNo);
    await world.queues.drain();
    await resend(orderNo, { event_id: paid!.headers["webhook-id"] });
    await world.queues.drain();
    const last = await eventsTold();
    expect(last.slice(0, 2).sort()).toEqual(["payment.success", "refund.success"]);
    expect(last.slice(2)).toEqual(["refund.success", "payment.success"]);
  });

  it("works after the last attempt has failed", async () => {
    await api.inboxAnswers({ status: 500 });
    const orderNo = await paidOrder(world, api, "stripe");
    for (const seconds of [61, 121, 301, 601, 1801]) {
      // A message is delayed by 15 minutes at most.
      for (let left = seconds; left > 0; left -= 900) {
        await world.passes(Math.min(left, 900));
        await world.queues.drain();
      }
    }
    expect((await api.query(orderNo)).data.notify_status).toBe("exhausted");
    expect(await told(orderNo)).toHaveLength(6);
    await api.inboxAnswers({});
    await resend(orderNo);
    await world.queues.drain();
    expect((await api.query(orderNo)).data.notify_status).toBe("success");
    expect(new Set((await told(orderNo)).map(({ headers, body }) => headers["webhook-id"] + body)).size).toBe(
      1,
    );
  });

  it("works after the endpoint has said that it is gone", async () => {
    await api.inboxAnswers({ status: 410 });
    const orderNo = await paidOrder(world, api, "stripe");
    expect((await api.query(orderNo)).data.notify_status).toBe("held");
    await api.inboxAnswers({});
    expect(await resend(orderNo)).toMatchObject({ status: 200 });
    await world.queues.drain();
    expect((await api.query(orderNo)).data.notify_status).toBe("success");
  });

  it("asked twice at once is one new series", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const answers = await Promise.all([1, 2, 3].map(() => resend(orderNo)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await world.queues.drain();
    const statuses = (await series(orderNo)).map(({ status }) => status);
    expect(statuses.at(-1)).toBe("success");
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(["superseded"]));
  });

  it("asked while another resend is being stored is that one's series", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const [first] = await rows.notifications(orderNo);
    const other = await openRows();
    await other.query("BEGIN");
    await other.query(
      `INSERT INTO notify_queue (user_id, order_id, subject_type, subject_id, event, generation, event_id, url,
         endpoint, payload, due_at, created_at, updated_at)
       SELECT user_id, order_id, subject_type, subject_id, event, 2, event_id, url, endpoint, payload, due_at,
         created_at, updated_at FROM notify_queue WHERE id = ?`,
      [first!.id],
    );
    const asked = resend(orderNo);
    await until(async () => {
      const statements = await rows.query<{ Info: string | null }>("SHOW FULL PROCESSLIST");
      return statements.some(({ Info }) => Info?.startsWith("insert into `notify_queue`"));
    });
    await other.query("COMMIT");
    await other.close();
    expect(await asked).toMatchObject({ status: 200, data: { notify_status: "pending" } });
    expect(await series(orderNo)).toHaveLength(2);
  });

  it("is refused for an event that is none of this order's, and where there is none yet", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const other = await paidOrder(world, api, "stripe");
    const [theirs] = await told(other);
    for (const event_id of [randomUUID(), theirs!.headers["webhook-id"]]) {
      expect(await resend(orderNo, { event_id })).toMatchObject({ status: 409, code: 2008 });
    }
    const { data } = await api.create(anOrder({ provider: "stripe" }));
    expect(await resend(data.order_no)).toMatchObject({ status: 409, code: 2008 });
    expect(await resend(orderNo, { event: "x" })).toMatchObject({
      status: 400,
      errors: [{ field: "event" }],
    });
    expect(await told(orderNo)).toHaveLength(1);
  });

  it("does not find another merchant's order", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const stranger = apiOf(world, await world.openShop("stripe"));
    expect(await resend(orderNo, {}, stranger)).toMatchObject({ status: 404, code: 2007 });
    await world.queues.drain();
    expect(await told(orderNo)).toHaveLength(1);
  });
});
