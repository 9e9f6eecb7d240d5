import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { nextAfterNoResponse } from "../../lib/domain/poll-schedule.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { pollPayment } from "../../lib/payments/poll-payment.ts";
import { closeOrFail } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { claimRefresh, makePaymentDue } from "../../lib/storage/payments/polls.ts";
import { anOrder } from "../steps/api.ts";
import { createThrough } from "../steps/gateways.ts";
import { saidOf } from "../steps/leased-order.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("alipay", "stripe");
  gateway = openGateway();
});
afterAll(() => world.stop());

const read = async (orderNo: string) => (await findOrder(gateway.db, shop.userId, { orderNo }))!.payment;

describe("the last poll of a closed payment", () => {
  it("the last poll of a closed payment, a day after its end, stays due after an earlier poll", async () => {
    const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
    const closedAt = world.clock.now();
    await closeOrFail(gateway.db, await read(orderNo), "closed", {
      said: saidOf(await read(orderNo)),
      now: closedAt,
    });
    await world.passes(600);

    const due = world.clock.now();
    expect(await makePaymentDue(gateway.db, await read(orderNo), due, 0)).toBe(true);
    await pollPayment(gateway, { orderNo, userId: shop.userId, due });
    const after = await read(orderNo);
    expect(after).toMatchObject({ status: "closed", nextPollAt: secondsAfter(closedAt, 86_400) });
    expect(after.polledAt!.getTime()).toBeGreaterThanOrEqual(due.getTime());
  });
});

describe("ended payments without a response", () => {
  it("an ended payment without a response is polled until eight days after its end, paid or not", () => {
    const closedAt = new Date("2026-01-01T00:00:00Z");
    const soon = secondsAfter(closedAt, 86_400);
    const late = secondsAfter(closedAt, 9 * 86_400);
    const unansweredSince = secondsAfter(closedAt, 86_400);
    const unpaid = { status: "closed", closedAt, quietFrom: null, unansweredSince } as const;
    const paid = { status: "success", closedAt: null, quietFrom: closedAt, unansweredSince } as const;
    for (const ended of [unpaid, paid]) {
      expect(nextAfterNoResponse(ended, soon)).toEqual(secondsAfter(soon, 900));
      expect(nextAfterNoResponse(ended, late)).toBeNull();
    }
  });
});

describe("payments made due", () => {
  it("a payment can be made due even if another machine's clock, a little ahead, stamped its last poll", async () => {
    const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
    const now = world.clock.now();
    expect(await claimRefresh(gateway.db, await read(orderNo), secondsAfter(now, 0.5), 3_000)).toBe(true);
    expect(await makePaymentDue(gateway.db, await read(orderNo), now, 0)).toBe(true);
    expect(await read(orderNo)).toMatchObject({ nextPollAt: now });
  });
});

describe("polls beyond the limit of a config", () => {
  it("a poll beyond the limit of its config is not made and comes again in fifteen seconds", async () => {
    const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
    await world.queues.lose();
    await world.passes(16);
    const before = await read(orderNo);
    const woken: number[] = [];
    const now = world.clock.now();
    const full: Gateway = {
      ...gateway,
      pollLimiter: { within: async () => false },
      wakeUps: {
        ...gateway.wakeUps,
        async pollPayment(_order, due) {
          woken.push(Math.round((due.getTime() - now.getTime()) / 1000));
        },
      },
    };
    await pollPayment(full, { orderNo, userId: shop.userId, due: now });
    expect(woken).toEqual([15]);
    expect(await read(orderNo)).toEqual(before);
  });
});
