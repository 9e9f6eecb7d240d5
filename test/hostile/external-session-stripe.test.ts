import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  api = apiOf(world, shop);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

// A buyer can set client_reference_id in the URL of any Payment Link of the account, but not the session's metadata:
// https://docs.stripe.com/payment-links/customize, https://dev.to/stripe/payment-link-data-passing-1njp
describe("Payment Link sessions with an order's number", () => {
  it.each([
    ["paid the order's amount", "pay", "12.34", 1],
    ["paid another amount", "pay", "5.00", 1],
    ["expired", "expire", "12.34", 1],
    ["completed with its money in transit", "start", "12.34", 1],
    ["failed after being in transit", "fail", "12.34", 2],
  ])(
    "a Payment Link session (%s) that names our order does not change the order",
    async (_title, outcome, amount, events) => {
      const stripe = simulatorOf(world, "stripe");
      const { data } = await api.create(anOrder({ provider: "stripe" }));
      const orderNo = String(data.order_no);
      const before = await rows.order(orderNo);
      const sessionEvents = async () =>
        (await stripe.webhooks("")).filter(
          ({ event, outcome: sent }) => event.startsWith("checkout.session.") && sent === "accepted",
        ).length;
      const existing = await sessionEvents();
      const account = shop.accounts.stripe?.account;
      const link = { account, client_reference_id: orderNo, amount, currency: "CNY", outcome };
      await stripe.tell("payment-link", link);
      await until(async () => (await sessionEvents()) >= existing + events);
      const { status, version, trade_no } = await rows.order(orderNo);
      expect({ status, version, trade_no }).toEqual({
        status: before.status,
        version: before.version,
        trade_no: before.trade_no,
      });
      expect(status).toBe("pending");

      await stripe.pay(data);
      await stripe.accepted(orderNo);
      expect((await rows.order(orderNo)).status).toBe("success");
      expect(await rows.notifications(orderNo)).toHaveLength(1);
    },
  );
});
