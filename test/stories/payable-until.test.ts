import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { listPayments } from "../../lib/payments/list-payments.ts";
import { queryPayment } from "../../lib/payments/query-payment.ts";
import { kits, providerNames } from "../kits/kits.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;
let wechat: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
  wechat = simulatorOf(world, "wechat");
});
afterEach(() => wechat.faults({}));
afterAll(() => world.stop());

const hour = 3_600;
const day = 86_400;
const seconds = (later: unknown, earlier: unknown) =>
  (new Date(String(later)).getTime() - new Date(String(earlier)).getTime()) / 1000;

const now = async (orderNo: unknown) => (await api.query(String(orderNo))).data;

async function created(input: Data) {
  const order = anOrder({ expires_in: day, ...input });
  const answer = await api.create(order);
  expect(answer).toMatchObject({ status: 200 });
  return { order, data: answer.data, orderNo: String(answer.data.order_no) };
}

const nativeCalls = async (orderNo: string) =>
  (await wechat.calls()).filter(({ path, body }) => path.endsWith("/native") && body.includes(orderNo));

describe("lifetimes of payments and links", () => {
  const lives = providerNames.flatMap((provider) =>
    Object.entries(kits[provider].contract.scenes).flatMap(([scene, { lives }]) =>
      lives.map((life) => [provider, scene, ...life] as const),
    ),
  );
  it.each(lives)(
    "a %s %s payment requested for %i s lives %i s, its link %i s",
    async (provider, scene, requested, life, link) => {
      const { data, orderNo } = await created({ provider, scene, expires_in: requested });
      const seen = await now(orderNo);
      expect(seconds(data.expires_at, seen.created_at)).toBe(life);
      expect(seconds(data.payable_until, seen.created_at)).toBe(link);
      expect(seen).toMatchObject({ expires_at: data.expires_at, payable_until: data.payable_until });
    },
  );

  it("capabilities state the longest expires_in of each scene", async () => {
    const { data } = await api.call("GET", "/api/v1/capabilities");
    const items = data.items as { provider: string; max_expires_in: object }[];
    const longest = providerNames.map((provider) => {
      const scenes = Object.entries(kits[provider].contract.scenes);
      return [provider, Object.fromEntries(scenes.map(([scene, { lives }]) => [scene, lives[0]![1]]))];
    });
    expect(Object.fromEntries(items.map((item) => [item.provider, item.max_expires_in]))).toEqual(
      Object.fromEntries(longest),
    );
  });

  it("a create with the requested expires_in is a replay, one with the shortened expires_in a conflict", async () => {
    const { order } = await created({ provider: "paypal", expires_in: day });
    expect(await api.create(order)).toMatchObject({ status: 200 });
    const other = await api.create({ ...order, expires_in: 6 * hour });
    expect(other).toMatchObject({ status: 409, code: 1005, errors: [{ field: "expires_in" }] });
  });
});

// pay.weixin.qq.com/doc/v3/merchant/4012791870: an identical create after two hours gives a new code.
describe("expired WeChat Pay codes", () => {
  it("a create replaces an expired WeChat Pay code, which can be paid, and keeps a valid one", async () => {
    const { order, data, orderNo } = await created({ provider: "wechat" });
    await world.passes(2 * hour - 2);
    expect((await api.create(order)).data).toEqual(data);
    expect(await nativeCalls(orderNo)).toHaveLength(1);

    await world.passes(4);
    const again = await api.create(order);
    expect(again).toMatchObject({ status: 200, data: { order_no: orderNo, expires_at: data.expires_at } });
    expect(again.data.qr_code).not.toBe(data.qr_code);
    expect(seconds(again.data.payable_until, data.payable_until)).toBeGreaterThanOrEqual(2 * hour);
    expect(await nativeCalls(orderNo)).toHaveLength(2);
    expect((await api.create(order)).data).toEqual(again.data);
    await wechat.payUnopened(orderNo);
    await until(async () => (await now(orderNo)).status === "success");
  });

  it("a query replaces an expired WeChat Pay code and returns the new one", async () => {
    const { data, orderNo } = await created({ provider: "wechat" });
    await world.passes(2 * hour + 1);
    const seen = await now(orderNo);
    expect(seen.qr_code).toMatch(/^weixin:/);
    expect(seen.qr_code).not.toBe(data.qr_code);
    expect(seen.version).toBe(2);
  });

  it("simultaneous creates and queries replace an expired WeChat Pay code once", async () => {
    const { order, orderNo } = await created({ provider: "wechat" });
    await world.passes(2 * hour + 1);
    const [queried, ...answers] = await Promise.all([
      now(orderNo),
      ...Array.from({ length: 5 }, async () => (await api.create(order)).data),
    ]);
    expect(new Set(answers.map(({ qr_code }) => qr_code)).size).toBe(1);
    expect(["", answers[0]?.qr_code]).toContain(queried?.qr_code);
    expect(await nativeCalls(orderNo)).toHaveLength(2);
  });

  it("an expired WeChat Pay code is not returned while WeChat Pay issues no new one", async () => {
    const { order, orderNo } = await created({ provider: "wechat" });
    await world.passes(2 * hour + 1);
    await wechat.faults({ status: 500, path: "/native" });
    expect(await api.create(order)).toMatchObject({ status: 504, code: 2000, order_no: orderNo });
    expect(await now(orderNo)).toMatchObject({ status: "pending", qr_code: "" });
    await wechat.faults({});
    await world.passes(4);
    expect(await api.create(order)).toMatchObject({ status: 200, data: { qr_code: expect.any(String) } });
  });

  it("the payment list shows an expired WeChat Pay code as empty and calls no provider", async () => {
    const { orderNo } = await created({ provider: "wechat" });
    await world.passes(2 * hour + 1);
    const { data } = await api.call("GET", "/api/v1/payment/list?limit=5");
    const items = data.items as Data[];
    expect(items.find(({ order_no }) => order_no === orderNo)).toMatchObject({
      qr_code: "",
      status: "pending",
    });
    expect(await nativeCalls(orderNo)).toHaveLength(1);
  });

  it("an expired WeChat Pay code is not replaced once a close was requested", async () => {
    const { order, orderNo } = await created({ provider: "wechat" });
    await world.passes(2 * hour + 1);
    await wechat.faults({ status: 500 });
    expect(await api.close(orderNo)).toMatchObject({ status: 502, code: 2004 });
    await wechat.faults({});
    expect(await api.create(order)).toMatchObject({ status: 409, code: 2008 });
    expect(await nativeCalls(orderNo)).toHaveLength(1);
  });
});

describe.each([
  ["alipay", "qr", 2 * hour],
  ["paypal", "checkout", 3 * hour],
])("expired %s %s links", (provider, scene, life) => {
  it(`an expired ${provider} ${scene} link is dead, no longer shown and cannot be renewed`, async () => {
    const { order, data, orderNo } = await created({ provider, scene });
    await world.passes(life - 2);
    expect((await api.create(order)).data).toEqual(data);
    await world.passes(4);
    const lapsed = await api.create(order);
    expect(lapsed).toMatchObject({ status: 409, code: 2008, order_no: orderNo });
    expect(lapsed.message).toContain("close this payment, then use a new out_trade_no");
    const seen = await now(orderNo);
    expect(seen).toMatchObject({ status: "pending", payment_url: "", qr_code: "" });
    expect(seen).toMatchObject({ payable_until: data.payable_until, payment_id: data.payment_id });
    await expect(simulatorOf(world, provider).tell("pay", { order_no: orderNo })).rejects.toThrow(/40[49]/);
    expect(await api.close(orderNo)).toMatchObject({ status: 200, data: { status: "closed", qr_code: "" } });
    expect(await api.create(order)).toMatchObject({ status: 409, code: 2008 });
  });

  it(`an expired ${provider} ${scene} link does not end the order, which is closed at expires_at`, async () => {
    const { data, orderNo } = await created({ provider, scene });
    const left = seconds(data.expires_at, data.payable_until);
    await world.passes(life + left - 60);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "pending" });
    await world.passes(120);
    await world.queues.drain();
    expect(await now(orderNo)).toMatchObject({ status: "closed" });
  });
});

describe("Alipay codes opened in time", () => {
  it("an Alipay code that the buyer opened in time can be paid after it has expired", async () => {
    const { data, orderNo } = await created({ provider: "alipay", scene: "qr" });
    await (await fetch(String(data.qr_code))).text();
    await world.passes(3 * hour);
    await simulatorOf(world, "alipay").payUnopened(orderNo);
    await until(async () => (await now(orderNo)).status === "success");
  });
});

describe("creates after expires_at", () => {
  it.each(providerNames)(
    "a create of an expired %s payment is refused even before the payment is closed, unless it was paid",
    async (provider) => {
      const { order, orderNo } = await created({ provider, expires_in: hour });
      const { order: paidOrder, data } = await created({ provider, expires_in: hour });
      await simulatorOf(world, provider).pay(data);
      await until(async () => (await now(data.order_no)).status === "success");
      world.clock.advance(hour * 1000 + 1000);
      const over = await api.create(order);
      expect(over).toMatchObject({ status: 409, code: 2008, order_no: orderNo });
      expect(over.message).toContain("this payment has expired");
      const paid = await api.create(paidOrder);
      expect(paid).toMatchObject({ status: 200, data: { ...data, status: "success" } });
    },
  );
});

describe("links of closed payments", () => {
  it("a closed payment shows no link in the response of the close or of a query", async () => {
    const { orderNo } = await created({ provider: "stripe" });
    const closed = { status: "closed", payment_url: "", qr_code: "" };
    expect((await api.close(orderNo)).data).toMatchObject(closed);
    expect(await now(orderNo)).toMatchObject(closed);
  });
});

describe("Alipay page links after a key change", () => {
  it("a create and a query sign an Alipay page link again once the key is replaced", async () => {
    const other = await world.openShop("alipay");
    const by = apiOf(world, other);
    const order = anOrder({ provider: "alipay" });
    const { data } = await by.create(order);
    const orderNo = String(data.order_no);
    const old = other.accounts.alipay ?? {};
    const key = await simulatorOf(world, "alipay").tell("replace-key", { account: old.app_id });
    const credentials = JSON.stringify(Object.assign({}, old, key));
    await world.ops("config set", { merchant: other.username, provider: "alipay", data: credentials });
    // A process with the old credentials in its cache may use them for one minute of real time; a new one does not.
    const fresh = anotherGateway();
    const caller = await fresh.authenticate(other.apiKey, "create");
    const listed = await listPayments(fresh, caller, { limit: 5 });
    expect(listed.items).toMatchObject([{ payment: { orderNo, payable: { paymentUrl: "" } } }]);
    const again: Data = await createThrough(fresh, other, order);
    expect({ ...again, payment_url: "" }).toEqual({ ...data, payment_url: "" });
    expect(again.payment_url).not.toBe(data.payment_url);
    const { payment } = await queryPayment(fresh, caller, { orderNo });
    expect(payment.payable?.paymentUrl).toBe(again.payment_url);
    expect((await createThrough(fresh, other, order)).payment_url).toBe(again.payment_url);
    expect((await fetch(String(data.payment_url))).status).not.toBe(200);
    expect((await fetch(String(again.payment_url))).status).toBe(200);
    await fresh.close();
    await simulatorOf(world, "alipay").payUnopened(orderNo);
    await until(async () => (await by.query(orderNo)).data.status === "success");
  });
});
