import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AlipaySignedByUs, alipaySignedByUs } from "../kits/alipay/signed-notices.ts";
import { stripeEvents } from "../kits/stripe/signed-events.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook, type SignedCall } from "../steps/signed-webhooks.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let alipay: AlipaySignedByUs;
let stripe: ReturnType<typeof stripeEvents>;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  api = apiOf(world, shop);
  alipay = await alipaySignedByUs(world, shop);
  stripe = stripeEvents(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const parsed = (path: string, call: SignedCall) => postWebhook(world, path, call);
const alipayOrder = async (input = {}) =>
  (await api.create(anOrder({ config: alipay.name, ...input }))).data.order_no;
const stripeOrder = async (input = {}) =>
  (await api.create(anOrder({ provider: "stripe", ...input }))).data.order_no;

/** Expects that a webhook about something else has changed neither the order nor its notifications. */
async function expectUntouched(orderNo: unknown, before: Record<string, unknown>) {
  expect(await rows.order(orderNo)).toEqual(before);
  expect(await rows.notifications(orderNo)).toEqual([]);
}

describe("signed Alipay notifications with wrong contents", () => {
  it.each([
    ["one fen less", { total_amount: "12.33" }, "amount"],
    ["one fen more", { total_amount: "12.35" }, "amount"],
    ["another application", { app_id: "2021000000000000" }, "account"],
    ["another seller", { seller_id: "2088000000000000" }, "account"],
    ["no seller", { seller_id: "" }, "account"],
  ])("a signed Alipay notification with %s only raises an anomaly", async (_name, changes, differs) => {
    const orderNo = await alipayOrder();
    const before = await rows.order(orderNo);
    expect(await parsed(alipay.path, alipay.notice(orderNo, changes))).toEqual({
      status: 200,
      body: "success",
    });
    const raised = (await rows.anomalies(alipay.configId)).at(-1);
    expect(raised).toMatchObject({ kind: "mismatch", order_no: orderNo, detail: { differs: [differs] } });
    await expectUntouched(orderNo, before);
  });

  it("a signed Alipay notification about an order in another currency only raises an anomaly", async () => {
    const orderNo = await alipayOrder();
    await rows.query("UPDATE payment_orders SET currency = 'USD' WHERE order_no = ?", [orderNo]);
    const before = await rows.order(orderNo);
    expect((await parsed(alipay.path, alipay.notice(orderNo))).body).toBe("success");
    expect((await rows.anomalies(alipay.configId)).at(-1)?.detail).toMatchObject({ differs: ["currency"] });
    await expectUntouched(orderNo, before);
  });

  it("a signed Alipay notification about an unknown order raises one anomaly, however often it arrives", async () => {
    const notice = alipay.notice("UNI2026010203040506789012345ABCD");
    for (let times = 0; times < 3; times++) {
      expect(await parsed(alipay.path, notice)).toEqual({ status: 200, body: "success" });
    }
    const raised = (await rows.anomalies(alipay.configId)).filter(({ kind }) => kind === "unknown-order");
    expect(raised).toMatchObject([{ times: 3, detail: { said: "UNI2026010203040506789012345ABCD" } }]);
  });

  it("a signed Alipay notification cannot change another merchant's order by naming it", async () => {
    const other = await world.openShop("alipay", "stripe");
    const theirs = (await apiOf(world, other).create(anOrder())).data.order_no;
    const before = await rows.order(theirs);
    expect((await parsed(alipay.path, alipay.notice(theirs))).body).toBe("success");
    expect(
      (await parsed(alipay.path, alipay.notice(theirs, { trade_status: "TRADE_CLOSED", gmt_payment: "" })))
        .body,
    ).toBe("success");
    await expectUntouched(theirs, before);
    const raised = await rows.query("SELECT * FROM anomalies WHERE user_id = ?", [other.userId]);
    expect(raised).toEqual([]);
  });

  it("an Alipay notification of one account changes no order of another account and raises an anomaly", async () => {
    const orderNo = await alipayOrder();
    const before = await rows.order(orderNo);
    const another = await world.openShop("alipay");
    const second = await alipaySignedByUs(world, { ...shop, accounts: another.accounts });
    const from = (await rows.anomalies(alipay.configId)).length;
    await parsed(second.path, second.notice(orderNo));
    await parsed(second.path, second.notice(orderNo, { trade_status: "TRADE_CLOSED", gmt_payment: "" }));
    await expectUntouched(orderNo, before);
    const raised = (await rows.anomalies(alipay.configId)).slice(from);
    expect(raised.map(({ kind, order_no, detail }) => [kind, order_no, detail.differs])).toEqual([
      ["mismatch", orderNo, ["account"]],
      ["mismatch", orderNo, ["account"]],
    ]);
    expect(await rows.anomalies(second.configId)).toEqual([]);
  });

  it("an Alipay notification to another config of the same account settles the order without an anomaly", async () => {
    const orderNo = await alipayOrder();
    const sibling = await alipaySignedByUs(world, shop);
    const from = (await rows.anomalies(alipay.configId)).length;
    const notice = { trade_no: `sibling-${orderNo}` };
    await parsed(sibling.path, sibling.notice(orderNo, notice));
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", trade_no: `sibling-${orderNo}` });
    // The order's own config receives the notification too.
    await parsed(alipay.path, alipay.notice(orderNo, notice));
    expect((await rows.anomalies(alipay.configId)).slice(from)).toEqual([]);
    expect(await rows.anomalies(sibling.configId)).toEqual([]);
    expect(await rows.notifications(orderNo)).toHaveLength(1);
  });

  it("an Alipay notification of a second payment raises an anomaly and is no second success", async () => {
    const orderNo = await alipayOrder();
    await parsed(alipay.path, alipay.notice(orderNo, { trade_no: `first-${orderNo}` }));
    const before = await rows.order(orderNo);
    const again = alipay.notice(orderNo, { trade_no: `second-${orderNo}` });
    expect(await parsed(alipay.path, again)).toEqual({ status: 200, body: "success" });
    expect((await rows.anomalies(alipay.configId)).at(-1)).toMatchObject({
      kind: "second-payment",
      order_no: orderNo,
      detail: { trade_no: `second-${orderNo}`, amount_minor: 1234, currency: "CNY" },
    });
    expect(await rows.order(orderNo)).toEqual(before);
    expect(await rows.notifications(orderNo)).toHaveLength(1);
  });

  it("an Alipay notification with the trade of another order only raises an anomaly", async () => {
    const [first, second] = [await alipayOrder(), await alipayOrder()];
    await parsed(alipay.path, alipay.notice(first, { trade_no: "one-for-two" }));
    const before = await rows.order(second);
    expect((await parsed(alipay.path, alipay.notice(second, { trade_no: "one-for-two" }))).body).toBe(
      "success",
    );
    expect((await rows.anomalies(alipay.configId)).at(-1)).toMatchObject({
      kind: "mismatch",
      order_no: second,
      detail: { differs: ["trade_no"] },
    });
    await expectUntouched(second, before);
  });

  it("an Alipay notification with another amount for a settled payment raises an anomaly", async () => {
    const orderNo = await alipayOrder();
    const trade_no = `trade-${orderNo}`;
    await parsed(alipay.path, alipay.notice(orderNo, { trade_no }));
    await parsed(alipay.path, alipay.notice(orderNo, { trade_no, total_amount: "99.99" }));
    expect((await rows.anomalies(alipay.configId)).at(-1)).toMatchObject({
      order_no: orderNo,
      detail: { differs: ["amount"], amount_minor: 9999 },
    });
  });

  it("an Alipay notification with an unknown status changes nothing and raises an alarm", async () => {
    const orderNo = await alipayOrder();
    const before = await rows.order(orderNo);
    const malformed = alipay.notice(orderNo, { trade_status: "TRADE_SOMETHING" });
    const log = await logOf(async () => {
      expect((await parsed(alipay.path, malformed)).body).toBe("success");
    });
    const message = "unrecognised provider event";
    expect(log).toContainEqual(expect.objectContaining({ level: "error", message }));
    await expectUntouched(orderNo, before);
  });
});

describe("signed Stripe events with wrong contents", () => {
  it.each([
    ["another amount", { session: { amount_total: 1233 } }, "amount"],
    ["another currency", { session: { currency: "usd" } }, "currency"],
    ["a connected account", { account: "acct_someone" }, "account"],
  ])("a signed Stripe event with %s only raises an anomaly", async (_name, parts, differs) => {
    const orderNo = await stripeOrder();
    const before = await rows.order(orderNo);
    expect((await parsed(stripe.path, stripe.event(orderNo, parts))).status).toBe(200);
    expect((await rows.anomalies(shop.configs.stripe!)).at(-1)).toMatchObject({
      kind: "mismatch",
      order_no: orderNo,
      detail: { differs: [differs] },
    });
    await expectUntouched(orderNo, before);
  });

  it("a signed Stripe event about an order of another system is ignored and acknowledged", async () => {
    const before = await rows.anomalies(shop.configs.stripe!);
    const { status, body } = await parsed(stripe.path, stripe.event("somebody-elses-shop-7"));
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { received: true } });
    expect(await rows.anomalies(shop.configs.stripe!)).toEqual(before);
  });

  it("a signed Stripe event cannot change another merchant's order by naming it", async () => {
    const other = await world.openShop("alipay", "stripe");
    const theirs = (await apiOf(world, other).create(anOrder({ provider: "stripe" }))).data.order_no;
    const before = await rows.order(theirs);
    const session = { status: "expired", payment_status: "unpaid" };
    await parsed(stripe.path, stripe.event(theirs));
    await parsed(stripe.path, stripe.event(theirs, { type: "checkout.session.expired", session }));
    await parsed(
      stripe.path,
      stripe.event(theirs, { type: "checkout.session.async_payment_failed", session }),
    );
    await expectUntouched(theirs, before);
  });

  it("a signed Stripe event whose type and content contradict each other changes nothing", async () => {
    const orderNo = await stripeOrder();
    const before = await rows.order(orderNo);
    const event = stripe.event(orderNo, { type: "checkout.session.expired" });
    expect((await parsed(stripe.path, event)).status).toBe(200);
    await expectUntouched(orderNo, before);
  });
});
