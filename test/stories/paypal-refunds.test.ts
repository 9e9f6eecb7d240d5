import { afterAll, beforeAll, expect, it } from "vitest";
import { type Api, apiOf } from "../steps/api.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type World } from "../steps/world.ts";

let world: World;
let api: Api;

beforeAll(async () => {
  world = await openWorld();
  api = apiOf(world, await world.openShop("paypal"));
});
afterAll(() => world.stop());

const paid = () => paidOrder(world, api, "paypal", { currency: "USD" });

/** Sends a control call that only the PayPal simulator accepts. */
async function tell(name: string, body: object): Promise<void> {
  const url = `${world.sandbox.simulators.paypal}/_sim/${name}`;
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

async function refundedTo(orderNo: string, amount: number): Promise<void> {
  await until(async () => {
    await world.queues.drain();
    return (await api.query(orderNo)).data.refunded_amount === amount;
  });
}

// DUPLICATE_INVOICE_ID for a second refund: Sylius/PayPalPlugin#264, awesomemotive/easy-digital-downloads#8873. The
// simulator refuses it as the real PayPal does.
it("a PayPal payment can be refunded in three parts, each exactly once", async () => {
  const orderNo = await paid();
  const { ask } = refundsOf(api);
  for (const amount of ["10.00", "20.00", "70.00"]) {
    const refund = await ask({ order_no: orderNo, refund_no: aRefundNo(), amount });
    expect(refund).toMatchObject({ status: 200, data: { status: "success" } });
  }
  expect(await simulatorOf(world, "paypal").payments(orderNo)).toMatchObject([
    { status: "refunded", refunded_minor: 10_000 },
  ]);
  await refundedTo(orderNo, 100);
});

it("a refund made in PayPal's dashboard is recorded, whatever invoice number it carries", async () => {
  const orderNo = await paid();
  await tell("refund", { order_no: orderNo, amount: "12.00", invoice_id: "2026-117" });
  await refundedTo(orderNo, 12);
  await tell("refund", { order_no: orderNo, amount: "8.00" });
  await refundedTo(orderNo, 20);
});

it("the amount that PayPal takes back for a lost dispute is recorded next to a gateway refund", async () => {
  const orderNo = await paid();
  await refundsOf(api).ask({ order_no: orderNo, refund_no: aRefundNo(), amount: "30.00" });
  await tell("dispute", { order_no: orderNo });
  await tell("dispute", { order_no: orderNo, status: "RESOLVED", outcome: "RESOLVED_BUYER_FAVOUR" });
  await refundedTo(orderNo, 100);
});
