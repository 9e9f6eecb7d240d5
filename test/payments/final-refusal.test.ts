import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { openGateway } from "../../lib/open-gateway.ts";
import { createAtProvider } from "../../lib/payments/create-at-provider.ts";
import { markInTransit } from "../../lib/storage/payments/close-or-fail.ts";
import { findOrder } from "../../lib/storage/payments/find-order.ts";
import { takeCreateLease } from "../../lib/storage/payments/provider-requests.ts";
import { leasedOrder, orderRow, saidOf } from "../steps/leased-order.ts";
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

describe("final refusals of a create", () => {
  const refusing = (): Gateway => ({
    ...gateway,
    configs: {
      ...gateway.configs,
      of: async (payment) => {
        const config = await gateway.configs.of(payment);
        const error = { code: "ACQ.INVALID", message: "no" };
        const createPayment = async () =>
          ({ kind: "refused", error, fault: "request", ends: "subject", listed: true }) as const;
        return { ...config, adapter: { ...config.adapter, createPayment } };
      },
    },
  });

  it("a final refusal of a create is returned as final to the caller that stored it", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await expect(createAtProvider(refusing(), leased)).rejects.toMatchObject({ failure: "create_refused" });
    expect(await read(leased.payment.orderNo)).toMatchObject({ status: "failed" });
  });

  it("a final refusal is not returned to a caller that has lost the lease: the new holder decides", async () => {
    const slow = await leasedOrder(gateway, shop, "processing");
    await world.passes(13);
    const now = world.clock.now();
    await takeCreateLease(gateway.db, slow.payment, {
      leaseToken: randomUUID(),
      leaseUntil: secondsAfter(now, 12),
      now,
    });
    await expect(createAtProvider(refusing(), slow)).rejects.toMatchObject({ failure: "create_unknown" });
    expect(await read(slow.payment.orderNo)).toMatchObject({ status: "processing" });
  });

  it("a final refusal is not returned for a payment that has changed its status meanwhile", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await orderRow(gateway, leased.payment).set({ state: "paid", version: 2 }).execute();
    await expect(createAtProvider(refusing(), leased)).rejects.toMatchObject({ failure: "create_unknown" });
  });

  it("a final refusal does not end a payment in transit: its create can be repeated", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await markInTransit(gateway.db, leased.payment, saidOf(leased.payment), world.clock.now());
    const inTransit = { ...leased, payment: await read(leased.payment.orderNo) };
    await expect(createAtProvider(refusing(), inTransit)).rejects.toMatchObject({
      failure: "create_unknown",
    });
    const stored = await read(leased.payment.orderNo);
    expect(stored).toMatchObject({ status: "processing", refusal: null });
    const now = world.clock.now();
    expect(
      await takeCreateLease(gateway.db, stored, {
        leaseToken: randomUUID(),
        leaseUntil: secondsAfter(now, 12),
        now,
      }),
    ).not.toBeNull();
  });
});
