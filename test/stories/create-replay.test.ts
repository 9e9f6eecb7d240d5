import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sessionCalls } from "../kits/stripe/session-calls.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { storedOrders } from "../steps/ledgers.ts";
import { type SimulatorControl, simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
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

describe.each(["alipay", "stripe"] as const)("repeated %s creates", (provider) => {
  it(`a repeated ${provider} create returns the same fields; once paid only the status differs`, async () => {
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

  it(`a repeated ${provider} create may differ in explicit defaults, number format and member order`, async () => {
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

  it(`a repeated ${provider} create of a closed payment is refused`, async () => {
    const order = anOrder({ provider, expires_in: 60 });
    const { data } = await api.create(order);
    await world.passes(120);
    await world.queues.drain();
    expect(await statusOf(data.order_no)).toBe("closed");
    expect(await api.create(order)).toMatchObject({ status: 409, code: 2008, order_no: data.order_no });
  });
});

describe("repeated creates with other content", () => {
  const first = { provider: "stripe", currency: "USD", notify_url: "https://shop.example/hook" };
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

  it.each(Object.entries(changes))(
    "a repeated create with another %s is refused and names the field",
    async (field, value) => {
      const order = anOrder(first);
      const { data } = await api.create(order);
      const other = await api.create({ ...order, [field]: value });
      expect(other).toMatchObject({ status: 409, code: 1005, order_no: data.order_no });
      // Each provider has its own scenes, so the default scene differs, too.
      expect(named(other)).toEqual(field === "provider" ? ["provider", "scene"] : [field]);
      expect(await storedOrders(order.out_trade_no)).toHaveLength(1);
    },
  );

  it("a repeated create with many other fields names each of them once", async () => {
    const order = anOrder(first);
    await api.create(order);
    const { provider: _, ...others } = changes;
    const other = await api.create({ ...order, ...others });
    expect(named(other)?.sort()).toEqual(Object.keys(others).sort());
  });
});

describe("creates that Stripe refuses", () => {
  it("a final refusal by Stripe is returned to every repeat without another call to Stripe", async () => {
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

  it("a Stripe refusal of the request itself is final, whatever its HTTP status", async () => {
    await stripe.faults({ code: "payment_intent_invalid_parameter", on: "create", times: 1 });
    const order = anOrder({ provider: "stripe" });
    expect(await api.create(order)).toMatchObject({ status: 402, code: 2000 });
    expect(await api.create(order)).toMatchObject({ status: 402, code: 2000 });
  });

  it.each([401, 403, 429])(
    "a Stripe refusal with HTTP %i is not final: the same create succeeds once the cause is gone",
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

describe("Stripe responses without an outcome", () => {
  const unknown: [string, Data][] = [
    ["HTTP 502", { status: 502 }],
    ["HTTP 503", { status: 503 }],
    ["HTTP 409 because the key is in use", { status: 409 }],
    ["an HTML page with HTTP 200", { html: true }],
    ["an HTML page with HTTP 500", { html: true, status: 500 }],
    ["a broken connection", { timeout_after_success: true }],
  ];
  it.each(unknown)(
    "a create answered by Stripe with %s is 504, and the same create resumes it",
    async (_what, fault) => {
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
    },
  );
});
