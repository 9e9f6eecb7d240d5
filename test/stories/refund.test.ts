import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { type Api, anOrder, apiOf, type Data } from "../steps/api.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  api = apiOf(world, shop);
});
afterAll(() => world.stop());

/** A WeChat Pay refund takes time; the simulator scales its hour down to 15 s. */
const refundTakesSeconds = 20;

const aRefundNo = () => `refund-${randomUUID()}`;
const refund = (input: Data) => api.call("POST", "/api/v1/payment/refund", input);
const refundNow = (refundNo: string) => api.call("GET", `/api/v1/payment/refund/${refundNo}`);

async function paidOrder(provider: string, input: Data = {}): Promise<string> {
  const { currency } = simulators[provider]!;
  const created = await api.create(anOrder({ provider, currency, amount: "100.00", ...input }));
  expect(created).toMatchObject({ status: 200 });
  const orderNo = String(created.data.order_no);
  await simulatorOf(world, provider).pay(created.data);
  await until(async () => {
    await world.queues.drain();
    return (await api.query(orderNo)).data.status === "success";
  });
  return orderNo;
}

const notified = async (orderNo: string, event: string) =>
  (await api.inbox())
    .map(({ body }) => JSON.parse(body))
    .filter((said) => said.order_no === orderNo && said.event === event);

describe.each(Object.keys(providers))("refunds of a %s payment", (provider) => {
  it(`a ${provider} payment can be refunded in parts up to its amount, each of them notified`, async () => {
    const orderNo = await paidOrder(provider);
    const first = aRefundNo();
    expect(
      await refund({ order_no: orderNo, refund_no: first, amount: "30.00", reason: "one cup broke" }),
    ).toMatchObject({
      status: 200,
      data: { refund_no: first, order_no: orderNo, amount: 30, reason: "one cup broke" },
    });
    expect(await refund({ order_no: orderNo, refund_no: aRefundNo(), amount: 70.01 })).toMatchObject({
      status: 400,
      code: 2009,
      errors: [{ field: "amount" }],
    });
    expect(await refund({ order_no: orderNo, refund_no: aRefundNo() })).toMatchObject({
      status: 200,
      data: { amount: 70 },
    });
    expect(await refund({ order_no: orderNo, refund_no: aRefundNo() })).toMatchObject({
      status: 409,
      code: 2008,
    });

    await world.passes(refundTakesSeconds);
    await until(async () => {
      await world.queues.drain();
      return (await api.query(orderNo)).data.refunded_amount === 100;
    });
    expect((await refundNow(first)).data.status).toBe("success");
    expect((await api.query(orderNo)).data.status).toBe("success");
    await until(async () => {
      await world.queues.drain();
      return (await notified(orderNo, "refund.success")).length >= 2;
    });
    const events = await notified(orderNo, "refund.success");
    expect(events.map((said) => said.refund_amount).sort()).toEqual([30, 70]);
    const [atProvider] = await simulatorOf(world, provider).payments(orderNo);
    expect(atProvider).toMatchObject({ refunded_minor: 10_000 });
  });

  it(`a ${provider} refund requested repeatedly with the same refund_no is made once`, async () => {
    const orderNo = await paidOrder(provider);
    const input = { order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" };
    const answers = await Promise.all(Array.from({ length: 5 }, () => refund(input)));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect((await refund({ ...input, amount: 30 })).data.refund_id).toBe(
      (await refundNow(input.refund_no)).data.refund_id,
    );
    expect(await refund({ ...input, amount: "31" })).toMatchObject({
      status: 409,
      code: 1005,
      order_no: orderNo,
      errors: [{ field: "amount" }],
    });
    await world.passes(refundTakesSeconds);
    await until(async () => {
      await world.queues.drain();
      return (await refundNow(input.refund_no)).data.status === "success";
    });
    expect(await simulatorOf(world, provider).payments(orderNo)).toMatchObject([{ refunded_minor: 3_000 }]);
  });

  it(`a ${provider} refund whose response was lost is made once and found by a poll`, async () => {
    const orderNo = await paidOrder(provider);
    const simulator = simulatorOf(world, provider);
    // The webhook is lost too: it might arrive before the call times out.
    await simulator.faults({ timeout_after_success: true, lose: true });
    const input = { order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" };
    expect(await refund(input)).toMatchObject({ status: 504, code: 2003, order_no: orderNo });
    await simulator.faults({});
    await world.passes(refundTakesSeconds);
    await until(async () => {
      await world.queues.drain();
      return (await refundNow(input.refund_no)).data.status === "success";
    });
    expect((await api.query(orderNo)).data.refunded_amount).toBe(30);
    expect(await simulator.payments(orderNo)).toMatchObject([{ refunded_minor: 3_000 }]);
  });

  it(`a refund made in the ${provider} dashboard is recorded once and notified`, async () => {
    const orderNo = await paidOrder(provider);
    const simulator = simulatorOf(world, provider);
    await simulator.refund(orderNo, "25.00");
    await world.passes(refundTakesSeconds);
    await until(async () => {
      await world.queues.drain();
      return (await api.query(orderNo)).data.refunded_amount === 25;
    });
    await simulator.resend(orderNo);
    await world.queues.drain();
    expect(await notified(orderNo, "refund.success")).toMatchObject([{ refund_amount: 25, refund_no: "" }]);
    expect(await refund({ order_no: orderNo, refund_no: aRefundNo(), amount: "75.01" })).toMatchObject({
      code: 2009,
    });
  });
});

describe("refund requests", () => {
  it("a refund of an unpaid order is refused", async () => {
    const created = await api.create(anOrder());
    const input = { order_no: created.data.order_no, refund_no: aRefundNo() };
    expect(await refund(input)).toMatchObject({ status: 409, code: 2008 });
  });

  it("a refund that does not exist is not found, nor is another merchant's refund", async () => {
    const orderNo = await paidOrder("alipay");
    const mine = aRefundNo();
    await refund({ order_no: orderNo, refund_no: mine });
    const other = apiOf(world, await world.openShop());
    expect(await other.call("GET", `/api/v1/payment/refund/${mine}`)).toMatchObject({
      status: 404,
      code: 1004,
    });
    expect(await refundNow(aRefundNo())).toMatchObject({ status: 404, code: 1004 });
  });

  it("a refund request must name its order by either order_no or out_trade_no", async () => {
    const input = { refund_no: aRefundNo(), order_no: "a", out_trade_no: "b" };
    expect(await refund(input)).toMatchObject({ status: 400, code: 1001, errors: [{ field: "order_no" }] });
    expect(await refund({ refund_no: aRefundNo() })).toMatchObject({ status: 400, code: 1001 });
  });
});
