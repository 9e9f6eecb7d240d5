import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../../lib/gateway.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { markInTransit } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { sessionCalls } from "../kits/stripe/session-calls.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { invoke } from "../steps/front.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { saidOf } from "../steps/leased-order.ts";
import { storedMoves, storedOrders } from "../steps/ledgers.ts";
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

const leaseSeconds = 12;
const killed = new Error("killed");

/** A create whose process dies midway: `dying` replaces the step at which it dies. */
async function interrupted(order: Data, dying: (gateway: Gateway) => Gateway): Promise<void> {
  const gateway = anotherGateway();
  await expect(createThrough(dying(gateway), shop, order)).rejects.toBe(killed);
  await gateway.close();
}

const die = () => Promise.reject(killed);
const beforeTheCall = (gateway: Gateway): Gateway => ({
  ...gateway,
  configs: { ...gateway.configs, of: die },
});
/** `lifeOf` is read after the provider's answer, for the time in which its link opens. */
function beforeTheResult(gateway: Gateway): Gateway {
  let isCalled = false;
  return {
    ...gateway,
    configs: {
      ...gateway.configs,
      of(payment) {
        isCalled = true;
        return gateway.configs.of(payment);
      },
    },
    lifeOf(provider, scene) {
      if (isCalled) throw killed;
      return gateway.lifeOf(provider, scene);
    },
  };
}

async function expectOne(order: Data, answer: Data): Promise<void> {
  const [row, ...others] = await storedOrders(order.out_trade_no);
  expect(others).toEqual([]);
  expect(row).toMatchObject({ order_no: answer.order_no, status: "pending", version: 2 });
  expect(await storedMoves(row!.id)).toEqual(["processing>pending"]);
  if (order.provider === "stripe")
    expect(await stripe.payments(String(answer.order_no))).toMatchObject([{ created: 1 }]);
}

describe.each(["alipay", "stripe"] as const)("%s creates whose process died", (provider) => {
  it.each([
    ["before the provider was called", beforeTheCall],
    ["after the provider had responded", beforeTheResult],
  ])(
    `a create through ${provider} that died %s is resumed by the same create after the lease`,
    async (_when, dying) => {
      const order = anOrder({ provider });
      await interrupted(order, dying);
      const [row] = await storedOrders(order.out_trade_no);
      expect(row).toMatchObject({ status: "processing", payable: null });

      await world.passes(leaseSeconds + 1);
      const first = await api.create(order);
      expect(first).toMatchObject({ status: 200, data: { order_no: row!.order_no, status: "pending" } });
      expect((await api.create(order)).data).toEqual(first.data);
      await expectOne(order, first.data);
    },
  );

  it(`a create through ${provider} that died is resumed by polling, and its repeat returns the result`, async () => {
    const order = anOrder({ provider });
    await interrupted(order, beforeTheResult);
    await world.passes(16);
    await world.queues.drain();

    const [row] = await storedOrders(order.out_trade_no);
    expect(row).toMatchObject({ status: "pending" });
    const { status, data } = await api.create(order);
    expect({ status, order_no: data.order_no }).toEqual({ status: 200, order_no: row!.order_no });
    await expectOne(order, data);
  });
});

describe("creates interrupted at the provider", () => {
  it("a create killed while it waits for Stripe ends in one order and one session", async () => {
    const order = anOrder({ provider: "stripe" });
    await stripe.faults({ timeout_after_success: 300, times: 1 });
    const child = fork(path.join(import.meta.dirname, "../steps/create-payment-process.ts"), {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.send({ apiKey: shop.apiKey, order });
    await until(async () => (await sessionCalls(stripe, order.out_trade_no)).length === 1);
    child.kill("SIGKILL");
    await once(child, "exit");
    const [row] = await storedOrders(order.out_trade_no);
    expect(row).toMatchObject({ status: "processing", payable: null });

    await world.passes(leaseSeconds + 1);
    // Stripe refuses the idempotency key while the first call is running.
    const resumed = await until(async () => {
      const answer = await api.create(order);
      expect([200, 504]).toContain(answer.status);
      return answer.status === 200 && answer;
    });
    expect(resumed.data.order_no).toBe(row!.order_no);
    expect((await api.create(order)).data).toEqual(resumed.data);
    const keys = (await sessionCalls(stripe, order.out_trade_no)).map(
      ({ headers }) => headers["idempotency-key"],
    );
    expect(new Set(keys).size).toBe(1);
    await expectOne(order, resumed.data);
  });

  it("a create with a lost Stripe response is 504, and the same create returns the session made", async () => {
    const order = anOrder({ provider: "stripe" });
    await stripe.faults({ timeout_after_success: true });
    const lost = await api.create(order);
    await stripe.faults({});
    expect(lost).toMatchObject({ status: 504, code: 2000, order_no: expect.stringMatching(/^UNI/) });
    expect(lost.headers.get("retry-after")).toBe("2");
    expect(lost.data).toBeUndefined();

    const again = await api.create(order);
    expect(again).toMatchObject({ status: 200, data: { order_no: lost.order_no, status: "pending" } });
    await expectOne(order, again.data);
  });

  it("a create with a lost Stripe response is resumed by polling alone", async () => {
    const order = anOrder({ provider: "stripe" });
    await stripe.faults({ timeout_after_success: true });
    const lost = await api.create(order);
    await stripe.faults({});
    await world.passes(16);
    await world.queues.drain();
    const { data } = await api.query(String(lost.order_no));
    expect(data).toMatchObject({ status: "pending", payment_url: expect.stringMatching(/^http/) });
    await expectOne(order, data);
  });

  it("a WeChat Pay order whose create response was lost is closed at WeChat Pay when it expires", async () => {
    const wechat = simulatorOf(world, "wechat");
    await wechat.faults({ timeout_after_success: true, path: "/v3/pay/transactions/native" });
    const order = anOrder({ provider: "wechat", expires_in: 90 });
    const answer = await api.create(order);
    expect(answer).toMatchObject({ status: 504, code: 2000 });
    await world.passes(100);
    await world.queues.drain();
    await wechat.faults({});
    const [row] = await storedOrders(order.out_trade_no);
    expect(row).toMatchObject({ status: "closed", payable: null });
    expect(await wechat.payments(answer.order_no!)).toMatchObject([{ provider_status: "CLOSED" }]);
  });

  it("a create resumed with its payment in transit is polled past its expiry until it is paid", async () => {
    await stripe.faults({ timeout_after_success: true, path: "/v1/checkout/sessions" });
    const order = anOrder({ provider: "stripe", expires_in: 60 });
    const { order_no } = await api.create(order);
    const { payment } = (await findOrder(openGateway().db, shop.userId, { orderNo: order_no! }))!;
    await stripe.faults({ lose: true });
    await stripe.start(order_no!);
    await markInTransit(openGateway().db, payment, saidOf(payment, "a webhook said so"), world.clock.now());
    await world.passes(3700);
    await invoke("sweep", {});
    await world.queues.drain();
    await stripe.payUnopened(order_no!);
    await world.passes(3700);
    await world.queues.drain();
    expect(await storedOrders(order.out_trade_no)).toMatchObject([{ status: "success" }]);
    expect(await stripe.payments(order_no!)).toMatchObject([{ created: 1, status: "paid" }]);
  });

  it("a create overtaken by its paid webhook keeps the success and still returns the link", async () => {
    const order = anOrder({ provider: "stripe" });
    await interrupted(order, beforeTheResult);
    const [row] = await storedOrders(order.out_trade_no);
    const [session] = await stripe.payments(row!.order_no);
    const payPage = `${world.sandbox.simulators.stripe}/c/pay/${session!.payment_id}`;
    await stripe.pay({ order_no: row!.order_no, payment_url: payPage });
    await until(async () => (await storedOrders(order.out_trade_no))[0]!.status === "success");

    await world.passes(leaseSeconds + 1);
    const answer = await api.create(order);
    expect(answer).toMatchObject({
      status: 200,
      data: { status: "success", payment_id: expect.stringMatching(/^cs_/) },
    });
    expect(await storedMoves(row!.id)).toEqual(["processing>success"]);
  });
});
