import { openGateway } from "../../lib/open-gateway.ts";
import { acrossMerchants } from "../../lib/storage/of-merchant.ts";
import type { SimulatorControl } from "./simulator.ts";

/** Our rows about an `out_trade_no`, whoever asks. */
export async function storedOrders(outTradeNo: unknown) {
  return acrossMerchants(openGateway().db)
    .selectFrom("payment_orders")
    .selectAll()
    .where("out_trade_no", "=", String(outTradeNo))
    .execute();
}

/** The timeline's moves of a payment's status, oldest first: `from>to`. */
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

/** The calls by which Stripe's simulator was asked to make a session for an `out_trade_no`. */
export async function sessionCalls(stripe: SimulatorControl, outTradeNo: unknown) {
  return (await stripe.calls()).filter(
    ({ method, path, body }) =>
      method === "POST" && path === "/v1/checkout/sessions" && body.includes(String(outTradeNo)),
  );
}
