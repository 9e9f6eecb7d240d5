import type { Payment } from "../../domain/payment.ts";
import type { Database } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import { joinedOrderColumns } from "../payments/order-columns.ts";
import { paymentOf } from "../payments/payment-rows.ts";
import type { DeliveryStatus } from "../tables.ts";

export type DeliveryFilter = {
  /** Absent: all merchants, or all orders. */
  userId?: string;
  orderId?: string;
  statuses: readonly DeliveryStatus[];
  limit: number;
};

/** Delivery series with the outcome of their current attempt, latest due first; across merchants, for operators. */
export function listDeliveries(db: Database, { userId, orderId, statuses, limit }: DeliveryFilter) {
  return acrossMerchants(db, userId)
    .selectFrom("deliveries as n")
    .innerJoin("payment_orders as o", (join) =>
      join.onRef("o.id", "=", "n.order_id").onRef("o.user_id", "=", "n.user_id"),
    )
    .leftJoin("delivery_attempts as a", (join) =>
      join
        .onRef("a.task_id", "=", "n.id")
        .onRef("a.attempt", "=", "n.attempt")
        .onRef("a.try_no", "=", "n.try_no"),
    )
    .select(["n.id", "n.user_id", "o.order_no", "n.event", "n.event_id", "n.generation", "n.status"])
    .select(["n.attempt", "n.due_at", "n.url", "a.outcome", "a.http_status"])
    .where("n.status", "in", statuses)
    .$if(orderId !== undefined, (query) => query.where("n.order_id", "=", orderId!))
    .orderBy("n.due_at", "desc")
    .orderBy("n.id", "desc")
    .limit(limit)
    .execute();
}

/** A merchant's series with these statuses that were due before `before`, oldest first, each with its payment. */
export async function seriesAt(
  db: Database,
  userId: string,
  { statuses, before, limit }: { statuses: readonly DeliveryStatus[]; before: Date; limit: number },
): Promise<{ payment: Payment; eventId: string }[]> {
  const rows = await /* mutation: resend-owner */ ofMerchant(db, userId)
    .selectFrom("deliveries as n")
    .innerJoin("payment_orders as o", "o.id", "n.order_id")
    .select(joinedOrderColumns)
    .select("n.event_id")
    .where("n.status", "in", statuses)
    .where("n.due_at", "<", before)
    .orderBy("n.due_at")
    .orderBy("n.id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ payment: paymentOf(row), eventId: row.event_id }));
}
