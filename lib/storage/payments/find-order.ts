import type { NotifyState } from "../../domain/delivery.ts";
import type { Payment } from "../../domain/payment.ts";
import type { StoredOrder } from "../../domain/provider-request.ts";
import type { Database } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import { joinedOrderColumns, orderColumns } from "./order-columns.ts";
import { paymentOf, paymentsWithNotifyStatus, providerRequestOf, seenPaymentOf } from "./payment-rows.ts";

/** With the provider request, for a repeated create. */
export async function findStoredOrder(
  db: Database,
  userId: string,
  outTradeNo: string,
): Promise<StoredOrder | null> {
  const row = await /* mutation: create-order-owner */ ofMerchant(db, userId)
    .selectFrom("payment_orders as o")
    .innerJoin("provider_requests as a", "a.order_id", "o.id")
    .select(joinedOrderColumns)
    .select([
      "o.fingerprint",
      "o.request",
      "a.idempotency_key",
      "a.prepared",
      "a.done",
      "a.lease_until",
      "a.unclear_since",
    ])
    .where("o.out_trade_no", "=", outTradeNo)
    .executeTakeFirst();
  if (!row) return null;
  const providerRequest = providerRequestOf(row);
  return { payment: paymentOf(row), providerRequest, fingerprint: row.fingerprint, request: row.request };
}

export async function findOrder(
  db: Database,
  userId: string,
  key: { orderNo: string } | { outTradeNo: string },
): Promise<{ payment: Payment; notifyStatus: NotifyState } | null> {
  const [column, value] =
    "orderNo" in key ? (["o.order_no", key.orderNo] as const) : (["o.out_trade_no", key.outTradeNo] as const);
  const row = await paymentsWithNotifyStatus(/* mutation: query-order-owner */ ofMerchant(db, userId))
    .where(column, "=", value)
    .executeTakeFirst();
  return row ? seenPaymentOf(row) : null;
}

/** Across merchants: the page to which the buyer returns knows only the order number. */
export async function findForReturn(
  db: Database,
  provider: string,
  orderNo: string,
): Promise<Payment | null> {
  const row = await acrossMerchants(db)
    .selectFrom("payment_orders")
    .select(orderColumns)
    .where("order_no", "=", orderNo)
    .where("provider", "=", provider)
    .executeTakeFirst();
  return row ? paymentOf(row) : null;
}

export async function findPaymentByTradeNo(
  db: Database,
  userId: string,
  provider: string,
  tradeNo: string,
): Promise<Payment | null> {
  const row = await /* mutation: refund-webhook-owner */ ofMerchant(db, userId)
    .selectFrom("payment_orders")
    .select(orderColumns)
    .where("provider", "=", provider)
    .where("trade_no", "=", tradeNo)
    .executeTakeFirst();
  return row ? paymentOf(row) : null;
}
