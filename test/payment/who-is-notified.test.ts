import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { readAmount } from "../../lib/http/read-amount.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import { closePayment } from "../../lib/payment/close-payment.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Caller } from "../../lib/payment/ports.ts";
import { queryPayment } from "../../lib/payment/query-payment.ts";
import { recheck } from "../../lib/payment/recheck.ts";
import { startPayment } from "../../lib/payment/start-payment.ts";
import { syncPayment } from "../../lib/payment/sync-payment.ts";
import { createRefund } from "../../lib/refund/create-refund.ts";
import { queryRefund, recheckRefund } from "../../lib/refund/look-refund.ts";
import type { RefundOutcome } from "../../lib/refund/refund.ts";
import { withAdapter } from "../steps/adapters.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, settle } from "../steps/leased-order.ts";
import { reservedRefund } from "../steps/reserved-refund.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let caller: Caller;
let gateway: Gateway;
let refusing: Gateway;

const refusal = {
  kind: "refused",
  error: { code: "NO", message: "no" },
  fault: "request",
  ends: "subject",
  listed: true,
} as const;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
  caller = await gateway.authenticate(shop.apiKey, "create");
  const lookRefund = async (): Promise<RefundOutcome> => ({ kind: "missing", why: "no such refund" });
  const refuse = async () => refusal;
  refusing = withAdapter(gateway, () => ({ start: refuse, refund: refuse, lookRefund }));
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const eventsOf = async (orderNo: string) => (await rows.notifications(orderNo)).map(({ event }) => event);

/** A create whose caller was answered 504, or was never answered. */
async function unanswered(): Promise<Payment> {
  const { payment } = await leasedOrder(gateway, shop, "processing");
  await world.passes(16);
  return (await gateway.orders.find(shop.userId, { orderNo: payment.orderNo }))!.payment;
}

describe("a create that nobody was answered and that its provider refuses for good later", () => {
  const ways: Record<string, (payment: Payment) => Promise<unknown>> = {
    "the poll": (payment) => recheck(refusing, { ...payment, due: world.clock.now() }),
    "the merchant's query": ({ orderNo }) => queryPayment(refusing, caller, { orderNo }),
    "an operator's sync": (payment) => syncPayment(refusing, payment),
  };
  it.each(Object.keys(ways))("is told to the merchant once when it is found by %s", async (way) => {
    const payment = await unanswered();
    await ways[way]!(payment).catch((error) => error);
    expect(await rows.order(payment.orderNo)).toMatchObject({ status: "failed", next_query_at: null });
    expect(await eventsOf(payment.orderNo)).toEqual(["payment.failed"]);
    await ways["the poll"]!(payment);
    expect(await eventsOf(payment.orderNo)).toEqual(["payment.failed"]);
  });

  it("is told as it is stored: failed, with the version of its end", async () => {
    const payment = await unanswered();
    await ways["the poll"]!(payment);
    const [told] = await rows.notifications(payment.orderNo);
    const body = JSON.parse(String(told!.payload));
    expect(body).toMatchObject({ event: "payment.failed", status: "failed", version: payment.version + 1 });
  });

  it("is closed, and told so, where the merchant closes it first", async () => {
    const payment = await unanswered();
    await closePayment(refusing, caller, { orderNo: payment.orderNo }).catch((error) => error);
    await recheck(refusing, { ...payment, due: world.clock.now() });
    expect(await eventsOf(payment.orderNo)).toHaveLength(1);
  });
});

describe("a create whose caller is answered with its refusal", () => {
  it("is not told once more: by the first call", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await expect(startPayment(refusing, leased)).rejects.toMatchObject({ failure: "create_refused" });
    expect(await eventsOf(leased.payment.orderNo)).toEqual([]);
  });

  it("is not told once more: by a repeat that takes the create over", async () => {
    const payment = await unanswered();
    const now = world.clock.now();
    const leased = await gateway.orders.takeOver(payment, randomUUID(), secondsAfter(now, 12), now);
    await expect(startPayment(refusing, leased!)).rejects.toMatchObject({ failure: "create_refused" });
    expect(await eventsOf(payment.orderNo)).toEqual([]);
  });
});

describe("a refund that its provider refuses for good", () => {
  async function aRefund() {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    await settle(gateway, payment);
    const paid = (await gateway.orders.find(shop.userId, { orderNo: payment.orderNo }))!.payment;
    const wanted = { order: { orderNo: paid.orderNo }, amount: "5.00", reason: "" };
    const request = JSON.stringify({ v: 1, order_no: paid.orderNo, amount: "5", reason: "" });
    const { refund } = await reservedRefund(gateway, paid, 500, { request });
    await world.passes(21);
    return { paid, refund, wanted: { ...wanted, refundNo: refund.refundNo } };
  }

  it.each([
    ["the poll", true],
    ["the merchant's query", true],
    ["a repeat of the merchant's", false],
  ] as const)("by %s is told to the merchant when nobody is answered with it: %s", async (way, isTold) => {
    const { paid, refund, wanted } = await aRefund();
    const hinted = { userId: shop.userId, refundId: refund.id, due: world.clock.now() };
    if (way === "the poll") await recheckRefund(refusing, hinted);
    if (way === "the merchant's query") await queryRefund(refusing, caller, refund.refundNo);
    if (way === "a repeat of the merchant's")
      await expect(createRefund(refusing, caller, wanted, readAmount)).rejects.toMatchObject({
        failure: "refund_refused",
      });
    expect(await rows.order(paid.orderNo)).toMatchObject({ refund_reserved_minor: "0", refunded_minor: "0" });
    expect(await eventsOf(paid.orderNo)).toEqual(["payment.success", ...(isTold ? ["refund.failed"] : [])]);
  });

  it("at its first call is answered and not told", async () => {
    const { paid } = await aRefund();
    const wanted = { order: { orderNo: paid.orderNo }, refundNo: randomUUID(), amount: "1.00", reason: "" };
    await expect(createRefund(refusing, caller, wanted, readAmount)).rejects.toMatchObject({
      failure: "refund_refused",
    });
    expect(await eventsOf(paid.orderNo)).toEqual(["payment.success"]);
  });
});
