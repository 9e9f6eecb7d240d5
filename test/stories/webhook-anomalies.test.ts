import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import {
  type AlipayInOurHands,
  alipayInOurHands,
  postWebhook,
  type SignedCall,
  stripeEvents,
} from "../steps/signed-webhooks.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
let alipay: AlipayInOurHands;
let stripe: ReturnType<typeof stripeEvents>;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  api = apiOf(world, shop);
  alipay = await alipayInOurHands(world, shop);
  stripe = stripeEvents(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const heard = (path: string, call: SignedCall) => postWebhook(world, path, call);
const alipayOrder = async (wanted = {}) =>
  (await api.create(anOrder({ config: alipay.name, ...wanted }))).data.order_no;
const stripeOrder = async (wanted = {}) =>
  (await api.create(anOrder({ provider: "stripe", ...wanted }))).data.order_no;

/** What an order's webhook may never touch when it is not about this very payment. */
async function expectUntouched(orderNo: unknown, before: Record<string, unknown>) {
  expect(await rows.order(orderNo)).toEqual(before);
  expect(await rows.notifications(orderNo)).toEqual([]);
}

describe("a truly signed Alipay notice", () => {
  it.each([
    ["a fen less", { total_amount: "12.33" }, "amount"],
    ["a fen more", { total_amount: "12.35" }, "amount"],
    ["another application", { app_id: "2021000000000000" }, "account"],
    ["another seller", { seller_id: "2088000000000000" }, "account"],
    ["no seller", { seller_id: "" }, "account"],
  ])("with %s is an anomaly, acknowledged, and the order stays as it is", async (_name, changes, differs) => {
    const orderNo = await alipayOrder();
    const before = await rows.order(orderNo);
    expect(await heard(alipay.path, alipay.notice(orderNo, changes))).toEqual({
      status: 200,
      body: "success",
    });
    const raised = (await rows.anomalies(alipay.configId)).at(-1);
    expect(raised).toMatchObject({ kind: "mismatch", order_no: orderNo, detail: { differs: [differs] } });
    await expectUntouched(orderNo, before);
  });

  it("about an order in another currency is an anomaly", async () => {
    const orderNo = await alipayOrder();
    await rows.query("UPDATE payment_orders SET currency = 'USD' WHERE order_no = ?", [orderNo]);
    const before = await rows.order(orderNo);
    expect((await heard(alipay.path, alipay.notice(orderNo))).body).toBe("success");
    expect((await rows.anomalies(alipay.configId)).at(-1)?.detail).toMatchObject({ differs: ["currency"] });
    await expectUntouched(orderNo, before);
  });

  it("about an order that nobody knows is an anomaly, raised once however often it comes", async () => {
    const notice = alipay.notice("UNI2026010203040506789012345ABCD");
    for (let times = 0; times < 3; times++) {
      expect(await heard(alipay.path, notice)).toEqual({ status: 200, body: "success" });
    }
    const raised = (await rows.anomalies(alipay.configId)).filter(({ kind }) => kind === "unknown-order");
    expect(raised).toMatchObject([{ times: 3, detail: { said: "UNI2026010203040506789012345ABCD" } }]);
  });

  it("cannot touch another merchant's order by naming it", async () => {
    const other = await world.openShop("alipay", "stripe");
    const theirs = (await apiOf(world, other).create(anOrder())).data.order_no;
    const before = await rows.order(theirs);
    expect((await heard(alipay.path, alipay.notice(theirs))).body).toBe("success");
    expect(
      (await heard(alipay.path, alipay.notice(theirs, { trade_status: "TRADE_CLOSED", gmt_payment: "" })))
        .body,
    ).toBe("success");
    await expectUntouched(theirs, before);
    const raised = await rows.query("SELECT * FROM anomalies WHERE user_id = ?", [other.userId]);
    expect(raised).toEqual([]);
  });

  it("of one of the merchant's accounts cannot touch an order of another, which has an anomaly", async () => {
    const orderNo = await alipayOrder();
    const before = await rows.order(orderNo);
    const another = await world.openShop("alipay");
    const second = await alipayInOurHands(world, { ...shop, accounts: another.accounts });
    const from = (await rows.anomalies(alipay.configId)).length;
    await heard(second.path, second.notice(orderNo));
    await heard(second.path, second.notice(orderNo, { trade_status: "TRADE_CLOSED", gmt_payment: "" }));
    await expectUntouched(orderNo, before);
    const raised = (await rows.anomalies(alipay.configId)).slice(from);
    expect(raised.map(({ kind, order_no, detail }) => [kind, order_no, detail.differs])).toEqual([
      ["mismatch", orderNo, ["account"]],
      ["mismatch", orderNo, ["account"]],
    ]);
    expect(await rows.anomalies(second.configId)).toEqual([]);
  });

  it("at another config of the same merchant and account is about the order, and no anomaly", async () => {
    const orderNo = await alipayOrder();
    const sibling = await alipayInOurHands(world, shop);
    const from = (await rows.anomalies(alipay.configId)).length;
    const notice = { trade_no: `sibling-${orderNo}` };
    await heard(sibling.path, sibling.notice(orderNo, notice));
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", trade_no: `sibling-${orderNo}` });
    // The order's own config is told of it too.
    await heard(alipay.path, alipay.notice(orderNo, notice));
    expect((await rows.anomalies(alipay.configId)).slice(from)).toEqual([]);
    expect(await rows.anomalies(sibling.configId)).toEqual([]);
    expect(await rows.notifications(orderNo)).toHaveLength(1);
  });

  it("of a second payment of a paid order is recorded for a refund and is no second success", async () => {
    const orderNo = await alipayOrder();
    await heard(alipay.path, alipay.notice(orderNo, { trade_no: `first-${orderNo}` }));
    const before = await rows.order(orderNo);
    const again = alipay.notice(orderNo, { trade_no: `second-${orderNo}` });
    expect(await heard(alipay.path, again)).toEqual({ status: 200, body: "success" });
    expect((await rows.anomalies(alipay.configId)).at(-1)).toMatchObject({
      kind: "second-payment",
      order_no: orderNo,
      detail: { trade_no: `second-${orderNo}`, amount_minor: 1234, currency: "CNY" },
    });
    expect(await rows.order(orderNo)).toEqual(before);
    expect(await rows.notifications(orderNo)).toHaveLength(1);
  });

  it("with the trade of another order is an anomaly: one payment cannot pay for two", async () => {
    const [first, second] = [await alipayOrder(), await alipayOrder()];
    await heard(alipay.path, alipay.notice(first, { trade_no: "one-for-two" }));
    const before = await rows.order(second);
    expect((await heard(alipay.path, alipay.notice(second, { trade_no: "one-for-two" }))).body).toBe(
      "success",
    );
    expect((await rows.anomalies(alipay.configId)).at(-1)).toMatchObject({
      kind: "mismatch",
      order_no: second,
      detail: { differs: ["trade_no"] },
    });
    await expectUntouched(second, before);
  });

  it("that names another amount for a payment already settled is an anomaly too", async () => {
    const orderNo = await alipayOrder();
    const trade_no = `trade-${orderNo}`;
    await heard(alipay.path, alipay.notice(orderNo, { trade_no }));
    await heard(alipay.path, alipay.notice(orderNo, { trade_no, total_amount: "99.99" }));
    expect((await rows.anomalies(alipay.configId)).at(-1)).toMatchObject({
      order_no: orderNo,
      detail: { differs: ["amount"], amount_minor: 9999 },
    });
  });

  it("with a status that we do not know changes nothing and calls a person", async () => {
    const orderNo = await alipayOrder();
    const before = await rows.order(orderNo);
    const strange = alipay.notice(orderNo, { trade_status: "TRADE_SOMETHING" });
    const log = await logOf(async () => {
      expect((await heard(alipay.path, strange)).body).toBe("success");
    });
    const message = "unrecognised word of a provider";
    expect(log).toContainEqual(expect.objectContaining({ level: "error", message }));
    await expectUntouched(orderNo, before);
  });
});

describe("a truly signed Stripe event", () => {
  it.each([
    ["another amount", { session: { amount_total: 1233 } }, "amount"],
    ["another currency", { session: { currency: "usd" } }, "currency"],
    ["a connected account", { account: "acct_someone" }, "account"],
  ])("with %s is an anomaly, acknowledged, and the order stays as it is", async (_name, parts, differs) => {
    const orderNo = await stripeOrder();
    const before = await rows.order(orderNo);
    expect((await heard(stripe.path, stripe.event(orderNo, parts))).status).toBe(200);
    expect((await rows.anomalies(shop.configs.stripe!)).at(-1)).toMatchObject({
      kind: "mismatch",
      order_no: orderNo,
      detail: { differs: [differs] },
    });
    await expectUntouched(orderNo, before);
  });

  it("about an order that is not ours is ignored and acknowledged", async () => {
    const before = await rows.anomalies(shop.configs.stripe!);
    const { status, body } = await heard(stripe.path, stripe.event("somebody-elses-shop-7"));
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { received: true } });
    expect(await rows.anomalies(shop.configs.stripe!)).toEqual(before);
  });

  it("cannot touch another merchant's order by naming it", async () => {
    const other = await world.openShop("alipay", "stripe");
    const theirs = (await apiOf(world, other).create(anOrder({ provider: "stripe" }))).data.order_no;
    const before = await rows.order(theirs);
    const session = { status: "expired", payment_status: "unpaid" };
    await heard(stripe.path, stripe.event(theirs));
    await heard(stripe.path, stripe.event(theirs, { type: "checkout.session.expired", session }));
    await heard(
      stripe.path,
      stripe.event(theirs, { type: "checkout.session.async_payment_failed", session }),
    );
    await expectUntouched(theirs, before);
  });

  it("whose name and content contradict each other changes nothing", async () => {
    const orderNo = await stripeOrder();
    const before = await rows.order(orderNo);
    const event = stripe.event(orderNo, { type: "checkout.session.expired" });
    expect((await heard(stripe.path, event)).status).toBe(200);
    await expectUntouched(orderNo, before);
  });
});
