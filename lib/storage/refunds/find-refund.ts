import type { StoredRefund } from "../../domain/refund.ts";
import type { Database } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { orderColumns } from "../payments/order-columns.ts";
import { paymentOf } from "../payments/payment-rows.ts";
import { refundOf } from "./refund-rows.ts";

export const findRefund = (db: Database, userId: string, refundNo: string) =>
  findBy(db, userId, "refund_no", refundNo);

export const findRefundById = (db: Database, userId: string, id: string) => findBy(db, userId, "id", id);

/** By the number that we gave the provider. */
export const findRefundByProviderNo = (db: Database, userId: string, providerRefundNo: string) =>
  findBy(db, userId, "provider_refund_no", providerRefundNo);

async function findBy(
  db: Database,
  userId: string,
  column: "id" | "refund_no" | "provider_refund_no",
  value: string,
): Promise<StoredRefund | null> {
  const rows = /* mutation: refund-owner */ ofMerchant(db, userId);
  const row = await rows.selectFrom("refunds").selectAll().where(column, "=", value).executeTakeFirst();
  if (!row) return null;
  const order = await rows
    .selectFrom("payment_orders")
    .select(orderColumns)
    .where("id", "=", row.order_id)
    .executeTakeFirstOrThrow();
  const { request, lease_until: leaseUntil, next_poll_at: nextPollAt } = row;
  return { refund: refundOf(row), payment: paymentOf(order), request, leaseUntil, nextPollAt };
}
