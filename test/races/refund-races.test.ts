import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Caller } from "../../lib/domain/caller.ts";
import { newProviderRefundNo } from "../../lib/domain/order-no.ts";
import type { Payment } from "../../lib/domain/payment.ts";
import type { StoredRefund } from "../../lib/domain/refund.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { createRefund } from "../../lib/payments/create-refund.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { recordExternalRefund } from "../../lib/storage/refunds/external-refunds.ts";
import { findRefundById } from "../../lib/storage/refunds/find-refund.ts";
import { finishRefund } from "../../lib/storage/refunds/finish-refund.ts";
import { markRefundPending } from "../../lib/storage/refunds/refund-lease.ts";
import { type NewRefund, reserveRefund } from "../../lib/storage/refunds/reserve-refund.ts";
import { apiOf } from "../steps/api.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { leasedOrder, orderRow, settleByPoll } from "../steps/leased-order.ts";
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

/** A payment of 100.00 in status `success`. */
async function aPayment(): Promise<Payment> {
  const gateway = gateways[0]!;
  const { payment } = await leasedOrder(gateway, shop, "pending");
  await orderRow(gateway, payment).set({ amount_minor: "10000" }).execute();
  const key = { orderNo: payment.orderNo };
  await settleByPoll(gateway, (await findOrder(gateway.db, shop.userId, key))!.payment);
  return (await findOrder(gateway.db, shop.userId, key))!.payment;
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
    nextPollAt: now,
    now,
  };
}

describe("simultaneous refunds", () => {
  it("100 simultaneous refunds of 30 on a payment of 100 reserve exactly three", () =>
    withDatabases(10, async (databases) => {
      const payment = await aPayment();
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, at) => reserveRefund(databases[at % 10]!, payment, aRefund(3_000))),
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

  it("a refund finished from 8 connections at once is counted once, and failed refunds are released", () =>
    withDatabases(8, async (databases) => {
      const payment = await aPayment();
      const reserved: StoredRefund["refund"][] = [];
      for (const minor of [3_000, 3_000, 3_000]) {
        const outcome = await reserveRefund(databases[0]!, payment, aRefund(minor));
        if (outcome.kind === "reserved") reserved.push(outcome.leased.refund);
      }
      const ends = ["success", "failed", "success"] as const;
      for (const [which, refund] of reserved.entries()) {
        const fact = { to: ends[which]!, refundId: `re-${refund.id}`, error: null, source: "webhook" };
        const finished = await Promise.all(
          databases.map((database) =>
            finishRefund(database, refund, payment, {
              ...fact,
              ...{ now: world.clock.now(), notify: true, overrules: false },
            }),
          ),
        );
        // Eight connections finish it at once: only one of them takes effect.
        expect(finished.map(({ kind }) => kind).sort()).toEqual([...Array(7).fill("already"), "finished"]);
      }
      expect(await rows.order(payment.orderNo)).toMatchObject({
        refund_reserved_minor: "0",
        refunded_minor: "6000",
        version: Number(payment.version) + 3,
      });
      const notified = (await rows.notifications(payment.orderNo)).map(({ event }) => String(event));
      expect(notified.filter((event) => event.startsWith("refund.")).sort()).toEqual([
        "refund.failed",
        "refund.success",
        "refund.success",
      ]);
    }));
});

describe("gateway refunds first recorded as external refunds", () => {
  const refundId = () => `re-${randomUUID()}`;
  const finishing = (id: string) => {
    const fact = { to: "success" as const, refundId: id, error: null, source: "call" };
    return { ...fact, now: world.clock.now(), notify: true, overrules: false };
  };

  it("a gateway refund first recorded as external counts once, and the external one is notified as failed", () =>
    withDatabases(1, async ([database]) => {
      const payment = await aPayment();
      const reserved = await reserveRefund(database!, payment, aRefund(3_000));
      if (reserved.kind !== "reserved") throw new Error(reserved.kind);
      const { refund } = reserved.leased;
      const id = refundId();
      const external = { refundId: id, amount: refund.amount };
      expect(
        await recordExternalRefund(database!, payment, external, "webhook", world.clock.now()),
      ).toMatchObject({
        kind: "finished",
      });
      expect(await finishRefund(database!, refund, payment, finishing(id))).toMatchObject({
        kind: "finished",
      });
      expect(await finishRefund(database!, refund, payment, finishing(id))).toEqual({ kind: "already" });
      expect(await rows.order(payment.orderNo)).toMatchObject({
        refund_reserved_minor: "0",
        refunded_minor: "3000",
      });
      const notified = (await rows.notifications(payment.orderNo)).map(({ payload }) =>
        JSON.parse(String(payload)),
      );
      expect(notified.slice(1).map(({ event, refund_no }) => [event, refund_no])).toEqual([
        ["refund.success", ""],
        ["refund.failed", ""],
        ["refund.success", refund.refundNo],
      ]);
      // The same event again is recognised as the gateway's refund.
      expect(await recordExternalRefund(database!, payment, external, "webhook", world.clock.now())).toEqual({
        kind: "already",
      });
    }));

  it("a gateway refund first recorded as external can still be marked pending and finished", () =>
    withDatabases(1, async ([database]) => {
      const payment = await aPayment();
      const reserved = await reserveRefund(database!, payment, aRefund(3_000));
      if (reserved.kind !== "reserved") throw new Error(reserved.kind);
      const now = world.clock.now();
      const id = refundId();
      await recordExternalRefund(
        database!,
        payment,
        { refundId: id, amount: { minor: 3_000, currency: "CNY" } },
        "",
        now,
      );
      await markRefundPending(database!, reserved.leased, id, { now, leaseUntil: now, nextPollAt: now });
      expect(await findRefundById(database!, shop.userId, reserved.leased.refund.id)).toMatchObject({
        refund: { status: "processing" },
      });
      expect(await finishRefund(database!, reserved.leased.refund, payment, finishing(id))).toMatchObject({
        kind: "finished",
      });
    }));
});

describe("refunds that a webhook finishes during the provider call", () => {
  it.each([
    {
      kind: "refused",
      error: { code: "no", message: "no" },
      fault: "request",
      ends: "subject",
      listed: true,
    },
    { kind: "unknown", why: "time-out" },
  ] as const)(
    "a refund that a webhook made success is returned so, though its provider call is $kind",
    async (said) => {
      const gateway = gateways[0]!;
      const payment = await aPayment();
      const parsed: Gateway = {
        ...gateway,
        configs: {
          ...gateway.configs,
          of: async (requested) => {
            const config = await gateway.configs.of(requested);
            const refund = async (_: Payment, input: StoredRefund["refund"]) => {
              const fact = {
                to: "success" as const,
                refundId: `re-${input.id}`,
                error: null,
                source: "webhook",
              };
              const now = world.clock.now();
              await finishRefund(gateway.db, input, payment, {
                ...fact,
                now,
                notify: true,
                overrules: false,
              });
              return said;
            };
            return { ...config, adapter: { ...config.adapter, refund } };
          },
        },
      };
      const input = {
        order: { orderNo: payment.orderNo },
        refundNo: aRefundNo(),
        amount: "30.00",
        reason: "",
      };
      expect(await createRefund(parsed, caller, input)).toMatchObject({
        refund: { status: "success" },
      });
    },
  );
});

describe("simultaneous full refunds", () => {
  it("two simultaneous refunds of the remaining amount make exactly one full refund", async () => {
    const api = apiOf(world, shop);
    const stripe = simulatorOf(world, "stripe");
    for (let round = 0; round < 10; round++) {
      const orderNo = await paidOrder(world, api, "stripe", { notify_url: shop.inboxUrl });
      const ask = (gateway: Gateway) =>
        createRefund(gateway, caller, {
          order: { orderNo },
          refundNo: aRefundNo(),
          amount: null,
          reason: "",
        });
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
