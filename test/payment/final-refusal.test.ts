import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { type Gateway, openGateway } from "../../lib/open-gateway.ts";
import { startPayment } from "../../lib/payment/start-payment.ts";
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

const read = async (orderNo: string) => (await gateway.orders.find(shop.userId, { orderNo }))!.payment;

describe("a provider's final refusal of a create", () => {
  const refusing = (): Gateway => ({
    ...gateway,
    configs: {
      ...gateway.configs,
      of: async (payment) => {
        const config = await gateway.configs.of(payment);
        const error = { code: "ACQ.INVALID", message: "no" };
        const start = async () =>
          ({ kind: "refused", error, fault: "request", ends: "subject", listed: true }) as const;
        return { ...config, adapter: { ...config.adapter, start } };
      },
    },
  });

  it("is told as final to who could store it", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await expect(startPayment(refusing(), leased)).rejects.toMatchObject({ failure: "create_refused" });
    expect(await read(leased.payment.orderNo)).toMatchObject({ status: "failed" });
  });

  it("is not told by who has lost the lease: the outcome is another's", async () => {
    const slow = await leasedOrder(gateway, shop, "processing");
    await world.passes(13);
    const now = world.clock.now();
    await gateway.orders.takeOver(slow.payment, randomUUID(), secondsAfter(now, 12), now);
    await expect(startPayment(refusing(), slow)).rejects.toMatchObject({ failure: "create_unknown" });
    expect(await read(slow.payment.orderNo)).toMatchObject({ status: "processing" });
  });

  it("is not told about a payment that has moved on meanwhile", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await orderRow(gateway, leased.payment).set({ status: "success", version: 2 }).execute();
    await expect(startPayment(refusing(), leased)).rejects.toMatchObject({ failure: "create_unknown" });
  });

  it("is not the outcome of a payment that the provider has started: the create can be tried again", async () => {
    const leased = await leasedOrder(gateway, shop, "processing");
    await gateway.orders.markStarted(leased.payment, saidOf(leased.payment), world.clock.now());
    const started = { ...leased, payment: await read(leased.payment.orderNo) };
    await expect(startPayment(refusing(), started)).rejects.toMatchObject({ failure: "create_unknown" });
    const stored = await read(leased.payment.orderNo);
    expect(stored).toMatchObject({ status: "processing", refusal: null });
    const now = world.clock.now();
    expect(await gateway.orders.takeOver(stored, randomUUID(), secondsAfter(now, 12), now)).not.toBeNull();
  });
});
