import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { sessionCalls, storedOrders } from "../steps/ledgers.ts";
import { type SimulatorControl, simulatorOf, until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;
let stripe: SimulatorControl;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
  stripe = simulatorOf(world, "stripe");
});
afterEach(() => stripe.faults({}));
afterAll(() => world.stop());

const statusOf = async (orderNo: unknown) => (await api.query(String(orderNo))).data.status;

describe.each(["alipay", "stripe"] as const)("creating again through %s", (provider) => {
  it("answers the same field for field, and when it is paid only the status is today's", async () => {
    const order = anOrder({
      provider,
      return_url: "https://shop.example/done",
      metadata: { a: "1", b: "2" },
    });
    const { data } = await api.create(order);
    expect((await api.create(order)).data).toEqual(data);

    await simulatorOf(world, provider).pay(data);
    await until(async () => (await statusOf(data.order_no)) === "success");
    const again = await api.create(order);
    expect(again).toMatchObject({ status: 200, code: 0 });
    expect(again.data).toEqual({ ...data, status: "success" });
  });

  it("takes defaults and their explicit values, number and text, and any order of names for the same", async () => {
    const order = anOrder({ provider, amount: "12.30", metadata: { a: "1", b: "2" } });
    const { data } = await api.create(order);
    const explicit = {
      metadata: { b: "2", a: "1" },
      extra_params: {},
      expires_in: 7200,
      currency: "CNY",
      scene: provider === "alipay" ? "page" : "checkout",
      body: "",
      subject: `  ${order.subject} `,
      amount: 12.3,
      out_trade_no: order.out_trade_no,
      provider,
    };
    const again = await api.create(explicit);
    expect(again).toMatchObject({ status: 200 });
    expect(again.data).toEqual(data);
  });

  it("is refused when it is closed", async () => {
    const order = anOrder({ provider, expires_in: 60 });
    const { data } = await api.create(order);
    await world.passes(120);
    await world.queues.drain();
    expect(await statusOf(data.order_no)).toBe("closed");
    expect(await api.create(order)).toMatchObject({ status: 409, code: 2008, order_no: data.order_no });
  });
});

describe("creating again with other content", () => {
  const first = { provider: "stripe", currency: "USD", notify_url: "https://shop.example/told" };
  const changes: Record<string, unknown> = {
    provider: "alipay",
    subject: "Black tea",
    body: "loose leaves",
    amount: "12.35",
    currency: "EUR",
    notify_url: "https://shop.example/other",
    return_url: "https://shop.example/done",
    expires_in: 3600,
    metadata: { cart: "7" },
    config: "default",
    extra_params: { unknown: true },
  };
  const named = (answer: Awaited<ReturnType<Api["create"]>>) => answer.errors?.map(({ field }) => field);

  it.each(Object.entries(changes))("names %s", async (field, value) => {
    const order = anOrder(first);
    const { data } = await api.create(order);
    const other = await api.create({ ...order, [field]: value });
    expect(other).toMatchObject({ status: 409, code: 1005, order_no: data.order_no });
    // Every provider has scenes of its own.
    expect(named(other)).toEqual(field === "provider" ? ["provider", "scene"] : [field]);
    expect(await storedOrders(order.out_trade_no)).toHaveLength(1);
  });

  it("names every field that differs, each once", async () => {
    const order = anOrder(first);
    await api.create(order);
    const { provider: _, ...others } = changes;
    const other = await api.create({ ...order, ...others });
    expect(named(other)?.sort()).toEqual(Object.keys(others).sort());
  });
});

describe("a refusal of Stripe", () => {
  it("for good is the answer of every repeat, and Stripe is not asked again", async () => {
    const order = anOrder({ provider: "stripe", currency: "USD", amount: "0.01" });
    const refused = await api.create(order);
    expect(refused).toMatchObject({ status: 402, code: 2000, provider_error: { code: "amount_too_small" } });
    expect(refused.order_no).toMatch(/^UNI/);
    expect(refused.data).toBeUndefined();
    expect(await statusOf(refused.order_no)).toBe("failed");

    const again = await api.create(order);
    const { message, provider_error, order_no } = refused;
    expect(again).toMatchObject({ status: 402, code: 2000, message, provider_error, order_no });
    expect(await sessionCalls(stripe, order.out_trade_no)).toHaveLength(1);
    expect(await api.inbox()).not.toContainEqual(
      expect.objectContaining({ body: expect.stringContaining(String(order.out_trade_no)) }),
    );
  });

  it("of the request is final, whatever its HTTP status", async () => {
    await stripe.faults({ code: "payment_intent_invalid_parameter", on: "create", times: 1 });
    const order = anOrder({ provider: "stripe" });
    expect(await api.create(order)).toMatchObject({ status: 402, code: 2000 });
    expect(await api.create(order)).toMatchObject({ status: 402, code: 2000 });
  });

  it.each([401, 403, 429])(
    "with %i is about us: the same create succeeds once it is put right",
    async (status) => {
      await stripe.faults({ status });
      const order = anOrder({ provider: "stripe" });
      const refused = await api.create(order);
      expect(refused).toMatchObject({
        status: 502,
        code: 2000,
        provider_error: { code: expect.any(String) },
      });
      expect(await storedOrders(order.out_trade_no)).toMatchObject([{ status: "processing" }]);

      await stripe.faults({});
      const again = await api.create(order);
      expect(again).toMatchObject({ status: 200, data: { order_no: refused.order_no, status: "pending" } });
    },
  );
});

describe("an answer of Stripe that says nothing", () => {
  const unknown: [string, Data][] = [
    ["502", { status: 502 }],
    ["503", { status: 503 }],
    ["409, busy with the same key", { status: 409 }],
    ["a page of HTML with 200", { html: true }],
    ["a page of HTML with 500", { html: true, status: 500 }],
    ["a broken connection", { timeout_after_success: true }],
  ];
  it.each(unknown)("(%s) leaves it open: 504, and the same create goes on", async (_what, fault) => {
    await stripe.faults(fault);
    const order = anOrder({ provider: "stripe" });
    const lost = await api.create(order);
    expect(lost).toMatchObject({ status: 504, code: 2000, order_no: expect.stringMatching(/^UNI/) });
    expect(lost.headers.get("retry-after")).toBe("2");
    expect(lost.provider_error).toBeUndefined();
    expect(await storedOrders(order.out_trade_no)).toMatchObject([{ status: "processing" }]);

    await stripe.faults({});
    const again = await api.create(order);
    expect(again).toMatchObject({ status: 200, data: { order_no: lost.order_no } });
    expect(await stripe.payments(String(lost.order_no))).toMatchObject([{ created: 1 }]);
    const keys = (await sessionCalls(stripe, order.out_trade_no)).map(
      ({ headers }) => headers["idempotency-key"],
    );
    expect(new Set(keys).size).toBe(1);
  });
});
