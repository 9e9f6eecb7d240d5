import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Caller } from "../../lib/domain/caller.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { RefundOutcome } from "../../lib/domain/refund.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { closePayment } from "../../lib/payments/close-payment.ts";
import { createAtProvider } from "../../lib/payments/create-at-provider.ts";
import { createRefund } from "../../lib/payments/create-refund.ts";
import { pollPayment } from "../../lib/payments/poll-payment.ts";
import { pollRefund, queryRefund } from "../../lib/payments/poll-refund.ts";
import { queryPayment } from "../../lib/payments/query-payment.ts";
import { syncPayment } from "../../lib/payments/sync-payment.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { takeCreateLease } from "../../lib/storage/payments/provider-requests.ts";
import { withAdapter } from "../steps/adapters.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, settleByPoll } from "../steps/leased-order.ts";
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
  const fetchRefund = async (): Promise<RefundOutcome> => ({ kind: "missing", why: "no such refund" });
  const refuse = async () => refusal;
  refusing = withAdapter(gateway, () => ({ createPayment: refuse, refund: refuse, fetchRefund }));
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const eventsOf = async (orderNo: string) => (await rows.notifications(orderNo)).map(({ event }) => event);

/** A create whose caller got a 504 or no response at all. */
async function unanswered(): Promise<Payment> {
  const { payment } = await leasedOrder(gateway, shop, "processing");
  await world.passes(16);
  return (await findOrder(gateway.db, shop.userId, { orderNo: payment.orderNo }))!.payment;
}

describe("creates refused after their caller got no answer", () => {
  const ways: Record<string, (payment: Payment) => Promise<unknown>> = {
    "the poll": (payment) => pollPayment(refusing, { ...payment, due: world.clock.now() }),
    "the merchant's query": ({ orderNo }) => queryPayment(refusing, caller, { orderNo }),
    "an operator's sync": (payment) => syncPayment(refusing, payment),
  };
  it.each(Object.keys(ways))("a late final refusal of a create found by %s is notified once", async (way) => {
    const payment = await unanswered();
    await ways[way]!(payment).catch((error) => error);
    expect(await rows.order(payment.orderNo)).toMatchObject({ status: "failed", next_poll_at: null });
    expect(await eventsOf(payment.orderNo)).toEqual(["payment.failed"]);
    await ways["the poll"]!(payment);
    expect(await eventsOf(payment.orderNo)).toEqual(["payment.failed"]);
  });

  it("the notification of a late final refusal says failed, with the version that was stored", async () => {
    const payment = await unanswered();
    await ways["the poll"]!(payment);
    const [notified] = await rows.notifications(payment.orderNo);
    const body = JSON.parse(String(notified!.payload));
    expect(body).toMatchObject({ event: "payment.failed", status: "failed", version: payment.version + 1 });
  });

  it("an unanswered create that the merchant closes before its refusal is notified once", async () => {
    const payment = await unanswered();
    await closePayment(refusing, caller, { orderNo: payment.orderNo }).catch((error) => error);
    await pollPayment(refusing, { ...payment, due: world.clock.now() });
    expect(await eventsOf(payment.orderNo)).toHaveLength(1);
  });
});

describe("creates whose refusal is returned to a caller", () => {
  it("a refusal returned to the first caller of a create is not notified", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await expect(createAtProvider(refusing, leased)).rejects.toMatchObject({ failure: "create_refused" });
    expect(await eventsOf(leased.payment.orderNo)).toEqual([]);
  });

  it("a refusal returned to a repeated create that took the lease is not notified", async () => {
    const payment = await unanswered();
    const now = world.clock.now();
    const leased = await takeCreateLease(gateway.db, payment, {
      leaseToken: randomUUID(),
      leaseUntil: secondsAfter(now, 12),
      now,
    });
    await expect(createAtProvider(refusing, leased!)).rejects.toMatchObject({ failure: "create_refused" });
    expect(await eventsOf(payment.orderNo)).toEqual([]);
  });
});

describe("refunds with a final refusal", () => {
  async function aRefund() {
    const { payment } = await leasedOrder(gateway, shop, "pending");
    await settleByPoll(gateway, payment);
    const paid = (await findOrder(gateway.db, shop.userId, { orderNo: payment.orderNo }))!.payment;
    const input = { order: { orderNo: paid.orderNo }, amount: "5.00", reason: "" };
    const request = JSON.stringify({ v: 1, order_no: paid.orderNo, amount: "5", reason: "" });
    const { refund } = await reservedRefund(gateway, paid, 500, { request });
    await world.passes(21);
    return { paid, refund, input: { ...input, refundNo: refund.refundNo } };
  }

  it.each([
    ["the poll", true],
    ["the merchant's query", true],
    ["the merchant's repeat", false],
  ] as const)("a final refusal of a refund found by %s is notified: %s", async (way, isNotified) => {
    const { paid, refund, input } = await aRefund();
    const woken = { userId: shop.userId, refundId: refund.id, due: world.clock.now() };
    if (way === "the poll") await pollRefund(refusing, woken);
    if (way === "the merchant's query") await queryRefund(refusing, caller, refund.refundNo);
    if (way === "the merchant's repeat")
      await expect(createRefund(refusing, caller, input)).rejects.toMatchObject({
        failure: "refund_refused",
      });
    expect(await rows.order(paid.orderNo)).toMatchObject({ refund_reserved_minor: "0", refunded_minor: "0" });
    expect(await eventsOf(paid.orderNo)).toEqual([
      "payment.success",
      ...(isNotified ? ["refund.failed"] : []),
    ]);
  });

  it("a refusal returned to the first call of a refund is not notified", async () => {
    const { paid } = await aRefund();
    const input = { order: { orderNo: paid.orderNo }, refundNo: randomUUID(), amount: "1.00", reason: "" };
    await expect(createRefund(refusing, caller, input)).rejects.toMatchObject({
      failure: "refund_refused",
    });
    expect(await eventsOf(paid.orderNo)).toEqual(["payment.success"]);
  });
});
