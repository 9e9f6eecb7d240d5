import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GatewayError } from "../../lib/errors.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { sessionCalls } from "../kits/stripe/session-calls.ts";
import { anOrder, type Data } from "../steps/api.ts";
import { anotherGateway, createThrough } from "../steps/gateways.ts";
import { storedOrders } from "../steps/ledgers.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

const atOnce = 50;

let world: World;
let shop: Shop;
let gateways: Gateway[];

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  gateways = Array.from({ length: atOnce }, anotherGateway);
  // Connect and warm the caches, so that the creates themselves run at the same time.
  await Promise.all(
    gateways.map(async (gateway) => {
      const { userId } = await gateway.authenticate(shop.apiKey, "create");
      for (const provider of ["alipay", "stripe"]) await gateway.configs.choose(userId, provider, undefined);
    }),
  );
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await world.stop();
});

const createAtOnce = (orders: Data[]) =>
  Promise.allSettled(orders.map((order, index) => createThrough(gateways[index]!, shop, order)));

const answersOf = (settled: PromiseSettledResult<Data>[]) =>
  settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));

describe("fifty identical creates at once", () => {
  it.each(["alipay", "stripe"] as const)(
    "fifty identical creates at once make one %s order and return the same response",
    async (provider) => {
      const order = anOrder({ provider });
      const answers = answersOf(await createAtOnce(gateways.map(() => order)));

      expect(answers).toHaveLength(atOnce);
      expect(answers[0]).toMatchObject({ status: "pending", payment_url: expect.stringMatching(/^http/) });
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      const stored = await storedOrders(order.out_trade_no);
      expect(stored.map((row) => row.order_no)).toEqual([answers[0]!.order_no]);
    },
  );

  it("fifty identical creates at once call Stripe exactly once", async () => {
    const stripe = simulatorOf(world, "stripe");
    const order = anOrder({ provider: "stripe" });
    const [answer] = answersOf(await createAtOnce(gateways.map(() => order)));

    expect(await sessionCalls(stripe, order.out_trade_no)).toHaveLength(1);
    expect(await stripe.payments(String(answer!.order_no))).toHaveLength(1);
  });

  it("of fifty creates with two amounts one amount wins, and the others are refused naming the amount", async () => {
    const order = anOrder({ provider: "stripe" });
    const orders = gateways.map((_, index) => (index === 25 ? { ...order, amount: "12.35" } : order));
    const settled = await createAtOnce(orders);

    const [row, ...others] = await storedOrders(order.out_trade_no);
    expect(others).toEqual([]);
    const winning = row!.amount_minor === "1234" ? "12.34" : "12.35";
    for (const [index, one] of settled.entries()) {
      if (orders[index]!.amount === winning) {
        expect(one).toMatchObject({ status: "fulfilled", value: { order_no: row!.order_no } });
        continue;
      }
      const reason = one.status === "rejected" ? one.reason : undefined;
      expect(reason).toBeInstanceOf(GatewayError);
      expect(reason).toMatchObject({ failure: "conflict", details: { fields: [{ field: "amount" }] } });
    }
  });
});
