import * as z from "zod";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { plainId } from "../http/fields.ts";
import { findPayment, type SeenPayment } from "../payments/query-payment.ts";
import { orderOwner } from "../storage/payments/order-record.ts";
import { merchantName, orderNo } from "./command.ts";
import { merchantIdOf } from "./find-merchant.ts";

/** How an operator names an order: by the gateway's number alone, or by the merchant and the merchant's own number. */
export const orderKey = z
  .strictObject({
    order_no: orderNo.optional(),
    merchant: merchantName.optional(),
    out_trade_no: plainId.optional().describe("the merchant's own number; needs --merchant"),
  })
  .refine(
    ({ order_no, merchant, out_trade_no }) =>
      (order_no === undefined) !== (out_trade_no === undefined) &&
      (out_trade_no === undefined || merchant !== undefined),
    "name the order by --order-no, or by --merchant and --out-trade-no",
  );

/** If a merchant is named, finds only orders of that merchant. */
export async function requireOrder(
  gateway: Gateway,
  { order_no, merchant, out_trade_no }: z.output<typeof orderKey>,
): Promise<SeenPayment> {
  const userId = (await merchantIdOf(gateway, merchant)) ?? (await orderOwner(gateway.db, order_no ?? ""));
  if (userId === null) throw new GatewayError("order_not_found", "no such order");
  const key = out_trade_no === undefined ? { orderNo: order_no ?? "" } : { outTradeNo: out_trade_no };
  return findPayment(gateway, { userId }, key);
}
