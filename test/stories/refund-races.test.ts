import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAmount } from "../../lib/http/read-amount.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import { newProviderRefundNo } from "../../lib/payment/order-no.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Caller } from "../../lib/payment/ports.ts";
import { createRefund } from "../../lib/refund/create-refund.ts";
import type { NewRefund, StoredRefund } from "../../lib/refund/ports.ts";
import { refundsIn } from "../../lib/storage/refunds.ts";
import { apiOf } from "../steps/api.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, orderRow, settle } from "../steps/leased-order.ts";
import { aRefundNo, paidOrder } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";
import { withDatabases } from "../storage/connections.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let caller: Caller;
let gateways: Gateway[];

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateways = [anotherGateway(), anotherGateway()];
  caller = await gateways[0]!.authenticate(shop.apiKey, "refund");
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await rows.close();
  await world.stop();
});

/** A payment of 100.00 that is success. */
async function aPayment(): Promise<Payment> {
  const gateway = gateways[0]!;
  const { payment } = await leasedOrder(gateway, shop, "pending");
  await orderRow(gateway, payment).set({ amount_minor: "10000" }).execute();
  const key = { orderNo: payment.orderNo };
  await settle(gateway, (await gateway.orders.find(shop.userId, key))!.payment);
  return (await gateway.orders.find(shop.userId, key))!.payment;
}

function aRefund(minor: number): NewRefund {
  const now = world.clock.now();
  const providerRefundNo = newProviderRefundNo(now);
  return {
    refundNo: aRefundNo(),
    providerRefundNo,
    prepared: {},
    idempotencyKey: providerRefundNo,
    amount: { minor, currency: "CNY" },
    reason: "",
    request: "{}",
    leaseToken: randomUUID(),
    leaseUntil: now,
    nextQueryAt: now,
    now,
  };
}

describe("100 refunds of 30 on a payment of 100", () => {
  it("from 10 connections at once reserve exactly three", () =>
    withDatabases(10, async (databases) => {
      const payment = await aPayment();
      const refunds = databases.map(refundsIn);
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, at) => refunds[at % 10]!.reserve(payment, aRefund(3_000))),
      );
      const kinds = outcomes.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "reserved")).toHaveLength(3);
      expect(kinds.filter((kind) => kind === "does-not-fit")).toHaveLength(97);
      expect(await rows.order(payment.orderNo)).toMatchObject({
        refund_reserved_minor: "9000",
        refunded_minor: "0",
      });
      const stored = await rows.query("SELECT id FROM refunds WHERE order_id = ?", [payment.id]);
      expect(stored).toHaveLength(3);
    }));

  it("that end in every way at once leave the sums of what was refunded", () =>
    withDatabases(8, async (databases) => {
      const payment = await aPayment();
      const refunds = databases.map(refundsIn);
      const reserved: StoredRefund["refund"][] = [];
      for (const minor of [3_000, 3_000, 3_000]) {
        const outcome = await refunds[0]!.reserve(payment, aRefund(minor));
        if (outcome.kind === "reserved") reserved.push(outcome.leased.refund);
      }
      const ends = ["success", "failed", "success"] as const;
      for (const [which, refund] of reserved.entries()) {
        const fact = { to: ends[which]!, refundId: `re-${refund.id}`, error: null, told: "webhook" };
        const finished = await Promise.all(
          refunds.map((each) =>
            each.finish(refund, payment, {
              ...fact,
              ...{ now: world.clock.now(), notify: true, overrules: false },
            }),
          ),
        );
        // Told by eight at once: one of them ends it.
        expect(finished.map(({ kind }) => kind).sort()).toEqual([...Array(7).fill("already"), "finished"]);
      }
      expect(await rows.order(payment.orderNo)).toMatchObject({
        refund_reserved_minor: "0",
        refunded_minor: "6000",
        version: Number(payment.version) + 3,
      });
      const told = (await rows.notifications(payment.orderNo)).map(({ event }) => String(event));
      expect(told.filter((event) => event.startsWith("refund.")).sort()).toEqual([
        "refund.failed",
        "refund.success",
        "refund.success",
      ]);
    }));
});

describe("a refund of ours that was first booked as one of the provider's console", () => {
  const refundId = () => `re-${randomUUID()}`;
  const finishing = (id: string) => {
    const fact = { to: "success" as const, refundId: id, error: null, told: "call" };
    return { ...fact, now: world.clock.now(), notify: true, overrules: false };
  };

  it("is booked once, as ours, and the merchant is told that the other is none", () =>
    withDatabases(1, async ([database]) => {
      const payment = await aPayment();
      const refunds = refundsIn(database!);
      const reserved = await refunds.reserve(payment, aRefund(3_000));
      if (reserved.kind !== "reserved") throw new Error(reserved.kind);
      const { refund } = reserved.leased;
      const id = refundId();
      const foreign = { refundId: id, amount: refund.amount };
      expect(await refunds.recordForeign(payment, foreign, "webhook", world.clock.now())).toMatchObject({
        kind: "finished",
      });
      expect(await refunds.finish(refund, payment, finishing(id))).toMatchObject({ kind: "finished" });
      expect(await refunds.finish(refund, payment, finishing(id))).toEqual({ kind: "already" });
      expect(await rows.order(payment.orderNo)).toMatchObject({
        refund_reserved_minor: "0",
        refunded_minor: "3000",
      });
      const told = (await rows.notifications(payment.orderNo)).map(({ payload }) =>
        JSON.parse(String(payload)),
      );
      expect(told.slice(1).map(({ event, refund_no }) => [event, refund_no])).toEqual([
        ["refund.success", ""],
        ["refund.failed", ""],
        ["refund.success", refund.refundNo],
      ]);
      // Told again it is known as ours.
      expect(await refunds.recordForeign(payment, foreign, "webhook", world.clock.now())).toEqual({
        kind: "already",
      });
    }));

  it("can be under way all the same", () =>
    withDatabases(1, async ([database]) => {
      const payment = await aPayment();
      const refunds = refundsIn(database!);
      const reserved = await refunds.reserve(payment, aRefund(3_000));
      if (reserved.kind !== "reserved") throw new Error(reserved.kind);
      const now = world.clock.now();
      const id = refundId();
      await refunds.recordForeign(
        payment,
        { refundId: id, amount: { minor: 3_000, currency: "CNY" } },
        "",
        now,
      );
      await refunds.pend(reserved.leased, id, { now, leaseUntil: now, nextQueryAt: now });
      expect(await refunds.byId(shop.userId, reserved.leased.refund.id)).toMatchObject({
        refund: { status: "processing" },
      });
      expect(await refunds.finish(reserved.leased.refund, payment, finishing(id))).toMatchObject({
        kind: "finished",
      });
    }));
});

describe("a refund that a webhook has called success while the call for it was under way", () => {
  it.each([
    {
      kind: "refused",
      error: { code: "no", message: "no" },
      fault: "request",
      ends: "subject",
      listed: true,
    },
    { kind: "unknown", why: "time-out" },
  ] as const)("is answered as it stands, whatever the call says: $kind", async (said) => {
    const gateway = gateways[0]!;
    const payment = await aPayment();
    const heard: Gateway = {
      ...gateway,
      configs: {
        ...gateway.configs,
        of: async (asked) => {
          const config = await gateway.configs.of(asked);
          const refund = async (_: Payment, wanted: StoredRefund["refund"]) => {
            const fact = {
              to: "success" as const,
              refundId: `re-${wanted.id}`,
              error: null,
              told: "webhook",
            };
            const now = world.clock.now();
            await gateway.refunds.finish(wanted, payment, { ...fact, now, notify: true, overrules: false });
            return said;
          };
          return { ...config, adapter: { ...config.adapter, refund } };
        },
      },
    };
    const wanted = {
      order: { orderNo: payment.orderNo },
      refundNo: aRefundNo(),
      amount: "30.00",
      reason: "",
    };
    expect(await createRefund(heard, caller, wanted, readAmount)).toMatchObject({
      refund: { status: "success" },
    });
  });
});

describe("two refunds of all that is left", () => {
  it("at once make exactly one full refund", async () => {
    const api = apiOf(world, shop);
    const stripe = simulatorOf(world, "stripe");
    for (let round = 0; round < 10; round++) {
      const orderNo = await paidOrder(world, api, "stripe", { notify_url: shop.inboxUrl });
      const ask = (gateway: Gateway) =>
        createRefund(
          gateway,
          caller,
          { order: { orderNo }, refundNo: aRefundNo(), amount: null, reason: "" },
          readAmount,
        );
      const outcomes = await Promise.allSettled(gateways.map(ask));
      const made = outcomes.filter(({ status }) => status === "fulfilled");
      expect(made).toMatchObject([{ value: { refund: { amount: { minor: 10_000 } } } }]);
      expect(outcomes.filter(({ status }) => status === "rejected")).toMatchObject([
        { reason: { failure: "order_status" } },
      ]);
      expect(await stripe.payments(orderNo)).toMatchObject([{ refunded_minor: 10_000 }]);
    }
  });
});
