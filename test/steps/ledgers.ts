import { openGateway } from "../../lib/open-gateway.ts";
import { acrossMerchants } from "../../lib/storage/of-merchant.ts";
import type { SimulatorControl } from "./simulator.ts";

/** The payment rows with this `out_trade_no`, of all merchants. */
export async function storedOrders(outTradeNo: unknown) {
  return acrossMerchants(openGateway().db)
    .selectFrom("payment_orders")
    .selectAll()
    .where("out_trade_no", "=", String(outTradeNo))
    .execute();
}

/** The status changes in a payment's timeline, oldest first, as `from>to`. */
export async function storedMoves(orderId: string): Promise<string[]> {
  const rows = await acrossMerchants(openGateway().db)
    .selectFrom("payment_logs")
    .select("data")
    .where("order_id", "=", orderId)
    .where("kind", "=", "status")
    .orderBy("id")
    .execute();
  return rows.map(({ data }) => {
    const { from, to } = JSON.parse(data) as { from: string; to: string };
    return `${from}>${to}`;
  });
}

/** The calls to Stripe's simulator that create a session for an `out_trade_no`. */
export async function sessionCalls(stripe: SimulatorControl, outTradeNo: unknown) {
  return (await stripe.calls()).filter(
    ({ method, path, body }) =>
      method === "POST" && path === "/v1/checkout/sessions" && body.includes(String(outTradeNo)),
  );
}
