import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alipaySignedByUs } from "../kits/alipay/signed-notices.ts";
import { kits, providerNames } from "../kits/kits.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { operator, refusal } from "../steps/operator.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop();
  other = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const list = (args: Data) => operator<Data[]>("webhook list", args);
const eventsOf = async (order_no: string) => (await list({ order_no })).map(({ id }) => String(id)).reverse();
const replay = (id: unknown) => operator("webhook replay", { id });

/** Resets an order's rows to their state before the payment, as after restoring a backup; its webhook events stay. */
async function restoreUnpaid(orderNo: string): Promise<void> {
  const { id } = await rows.order(orderNo);
  await rows.query(
    `UPDATE payment_orders SET state = 'payable', version = 2, trade_no = NULL, paid_at = NULL,
       refunded_minor = 0, refund_total_minor = 0, next_poll_at = NULL WHERE id = ?`,
    [id],
  );
  await rows.query("DELETE FROM deliveries WHERE order_id = ?", [id]);
  await rows.query("DELETE FROM refunds WHERE order_id = ?", [id]);
  await rows.query('DELETE FROM payment_logs WHERE order_id = ? AND data LIKE \'%"to":"success"%\'', [id]);
}

describe("webhook list", () => {
  it("webhook list shows received events without bodies, and filters by merchant, config and order", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    const theirs = await paidOrder(world, apiOf(world, other), "stripe");
    const [line] = await list({ order_no: orderNo });
    expect(line).toEqual({
      id: expect.stringMatching(/^\d+$/),
      user_id: shop.userId,
      config_id: shop.configs.stripe,
      provider: "stripe",
      event_type: "checkout.session.completed",
      event_id: expect.stringMatching(/^evt_/),
      order_no: orderNo,
      times: 1,
      received_at: expect.any(String),
      replayable: true,
    });
    expect(await list({ merchant: shop.username, config_id: shop.configs.stripe })).toContainEqual(line);
    expect((await list({ limit: "1" })).map(({ order_no }) => order_no)).toEqual([theirs]);
    expect(await list({ merchant: other.username, order_no: orderNo })).toEqual([]);
    expect(await list({ merchant: other.username, config_id: shop.configs.stripe })).toEqual([]);
  });

  it("webhook list refuses an unknown merchant, config or limit", async () => {
    expect(await refusal("webhook list", { merchant: "nobody" })).toMatchObject({ code: 1004 });
    expect(await refusal("webhook list", { config_id: "1x" })).toMatchObject({ code: 1001 });
    expect(await refusal("webhook list", { limit: "0" })).toMatchObject({ code: 1001 });
  });
});

describe("webhook replay", () => {
  const proven = providerNames.flatMap((provider) => {
    const { replaySeconds } = kits[provider];
    return replaySeconds === undefined ? [] : [[provider, replaySeconds] as const];
  });
  it.each(proven)(
    "replaying a webhook of %s settles the payment, and replaying it again changes nothing",
    async (provider, ageSeconds) => {
      const orderNo = await paidOrder(world, api, provider);
      const { trade_no, paid_at } = await rows.order(orderNo);
      await restoreUnpaid(orderNo);
      await world.passes(ageSeconds);
      const [id, ...more] = await eventsOf(orderNo);
      expect(more).toEqual([]);
      expect(await replay(id)).toEqual({
        id,
        user_id: shop.userId,
        event_type: expect.any(String),
        said: "paid",
        order_no: orderNo,
        status: "success",
        notify_status: "pending",
      });
      expect(await rows.order(orderNo)).toMatchObject({ status: "success", version: 3, trade_no, paid_at });
      expect(await rows.notifications(orderNo)).toMatchObject([{ event: "payment.success" }]);
      await world.queues.drain();

      const stored = await rows.checksums();
      for (let times = 0; times < 2; times++) expect(await replay(id)).toMatchObject({ status: "success" });
      expect(await world.queues.drain()).toBe(0);
      expect(await rows.checksums()).toEqual(stored);
    },
  );

  it("replaying an old Stripe webhook also polls Stripe, because refunds may have followed the payment", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await restoreUnpaid(orderNo);
    await world.passes(24 * 3600);
    const [id] = await eventsOf(orderNo);
    expect(await replay(id)).toMatchObject({ said: "paid, refetch", status: "success" });
    const { poll_count } = await rows.order(orderNo);
    await world.queues.drain();
    expect((await rows.order(orderNo)).poll_count).toBe(Number(poll_count) + 1);
  });

  it("replaying a PayPal webhook only triggers a fetch, because PayPal's events are not proof", async () => {
    const orderNo = await paidOrder(world, api, "paypal");
    const { trade_no } = await rows.order(orderNo);
    await restoreUnpaid(orderNo);
    const ids = await eventsOf(orderNo);
    expect(await replay(ids[0])).toMatchObject({ said: "refetch", status: "pending" });
    await world.queues.drain();
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", trade_no });
    const before = await rows.order(orderNo);
    for (const id of ids) await replay(id);
    await world.queues.drain();
    const { polled_at: _, poll_count: __, next_poll_at: ___, ...after } = await rows.order(orderNo);
    expect(before).toMatchObject(after);
    expect(await rows.notifications(orderNo)).toHaveLength(1);
  });

  it("replaying a refund's webhook is refused until the payment is settled", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "1.00" });
    const ids = await until(async () => {
      const existing = await eventsOf(orderNo);
      return existing.length > 1 && existing;
    });
    const { refunded_minor } = await rows.order(orderNo);
    await restoreUnpaid(orderNo);
    const [paid, refunded] = ids;
    expect(await refusal("webhook replay", { id: refunded })).toEqual({
      code: 1000,
      message: expect.stringContaining("not settled yet"),
    });
    expect(await replay(paid)).toMatchObject({ said: "paid", status: "success" });
    for (let times = 0; times < 2; times++)
      expect(await replay(refunded)).toMatchObject({ said: "refunded" });
    expect(await rows.order(orderNo)).toMatchObject({ refunded_minor });
  });

  it("replaying a webhook that contradicts its order, or names no known one, adds no second anomaly", async () => {
    const alipay = await alipaySignedByUs(world, shop);
    const { data } = await api.create(anOrder({ config: alipay.name }));
    await postWebhook(world, alipay.path, alipay.notice(data.order_no, { total_amount: "12.33" }));
    await postWebhook(world, alipay.path, alipay.notice("UNI2026010203040506789012345ABCD"));
    const stored = await rows.checksums();
    for (const { id } of await list({ config_id: alipay.configId })) await replay(id);
    expect(await rows.anomalies(alipay.configId)).toMatchObject([
      { kind: "mismatch", times: 1 },
      { kind: "unknown-order", times: 1 },
    ]);
    expect(await rows.checksums()).toEqual(stored);
  });

  it("webhook replay refuses an unknown id, another merchant's event, and an undecryptable body", async () => {
    const orderNo = await paidOrder(world, api, "stripe");
    await restoreUnpaid(orderNo);
    const [id] = await eventsOf(orderNo);
    const none = { code: 1004, message: expect.stringContaining("see webhook list") };
    expect(await refusal("webhook replay", { id: "999999999" })).toEqual(none);
    expect(await refusal("webhook replay", { id, merchant: other.username })).toEqual(none);
    expect(await refusal("webhook replay", { id: "1 OR 1=1" })).toMatchObject({ code: 1001 });
    expect(await refusal("webhook replay", {})).toMatchObject({ code: 1001 });

    const [event] = await rows.query("SELECT * FROM webhook_events WHERE id = ?", [id]);
    const change = (set: string, value: unknown) =>
      rows.query(`UPDATE webhook_events SET ${set} = ? WHERE id = ?`, [value, id]);
    // The body is encrypted for its merchant and config: an event moved to another one cannot be decrypted.
    await change("user_id", other.userId);
    expect(await refusal("webhook replay", { id })).toMatchObject({ code: 1005 });
    await change("user_id", shop.userId);
    await change("config_id", shop.configs.alipay);
    expect(await refusal("webhook replay", { id })).toMatchObject({ code: 1005 });
    await change("config_id", event?.config_id);
    await change("encrypted_body", null);
    expect(await refusal("webhook replay", { id })).toMatchObject({ code: 1005 });
    expect(await rows.order(orderNo)).toMatchObject({ status: "pending", version: 2 });
    expect(await rows.notifications(orderNo)).toEqual([]);
  });
});
