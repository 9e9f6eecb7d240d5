import { openGateway } from "../../lib/open-gateway.ts";
import { acrossMerchants } from "../../lib/storage/of-merchant.ts";

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
