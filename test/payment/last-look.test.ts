import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { type Gateway, openGateway } from "../../lib/open-gateway.ts";
import { nextAfterSilence } from "../../lib/payment/look-up-schedule.ts";
import { recheck } from "../../lib/payment/recheck.ts";
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

const read = async (orderNo: string) => (await gateway.orders.find(shop.userId, { orderNo }))!.payment;

describe("the last look at a closed payment, a day after its end", () => {
  it("stays due when a message makes us ask about the payment earlier", async () => {
    const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
    const closedAt = world.clock.now();
    await gateway.orders.conclude(await read(orderNo), "closed", saidOf(await read(orderNo)), closedAt);
    await world.passes(600);

    const due = world.clock.now();
    expect(await gateway.orders.makeDue(await read(orderNo), due, 0)).toBe(true);
    await recheck(gateway, { orderNo, userId: shop.userId, due });
    const after = await read(orderNo);
    expect(after).toMatchObject({ status: "closed", nextQueryAt: secondsAfter(closedAt, 86_400) });
    expect(after.lookedUpAt!.getTime()).toBeGreaterThanOrEqual(due.getTime());
  });
});

describe("an ended payment whose provider is silent", () => {
  it("is asked about again for eight days after its end, whether it was paid or not", () => {
    const closedAt = new Date("2026-01-01T00:00:00Z");
    const soon = secondsAfter(closedAt, 86_400);
    const late = secondsAfter(closedAt, 9 * 86_400);
    const unansweredSince = secondsAfter(closedAt, 86_400);
    const unpaid = { status: "closed", closedAt, quietFrom: null, unansweredSince } as const;
    const paid = { status: "success", closedAt: null, quietFrom: closedAt, unansweredSince } as const;
    for (const ended of [unpaid, paid]) {
      expect(nextAfterSilence(ended, soon)).toEqual(secondsAfter(soon, 900));
      expect(nextAfterSilence(ended, late)).toBeNull();
    }
  });
});

describe("a payment that is to be asked about at once", () => {
  it("becomes due even when another machine's clock, a little ahead, says that it was asked about later", async () => {
    const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
    const now = world.clock.now();
    expect(await gateway.orders.claimLookUp(await read(orderNo), secondsAfter(now, 0.5), 3_000)).toBe(true);
    expect(await gateway.orders.makeDue(await read(orderNo), now, 0)).toBe(true);
    expect(await read(orderNo)).toMatchObject({ nextQueryAt: now });
  });
});

describe("a look-up that finds too many of its config under way", () => {
  it("is not made and comes again in fifteen seconds", async () => {
    const { order_no: orderNo } = await createThrough(gateway, shop, anOrder({ provider: "stripe" }));
    await world.queues.lose();
    await world.passes(16);
    const before = await read(orderNo);
    const hinted: number[] = [];
    const now = world.clock.now();
    const full: Gateway = {
      ...gateway,
      lookBudget: { within: async () => false },
      hints: {
        ...gateway.hints,
        async recheck(_order, due) {
          hinted.push(Math.round((due.getTime() - now.getTime()) / 1000));
        },
      },
    };
    await recheck(full, { orderNo, userId: shop.userId, due: now });
    expect(hinted).toEqual([15]);
    expect(await read(orderNo)).toEqual(before);
  });
});
