import type { StoredRefund } from "../../domain/refund.ts";
import type { RefundStatus } from "../../domain/refund-status.ts";
import type { Database } from "../database.ts";
import { acrossMerchants } from "../of-merchant.ts";

export type RefundFilter = {
  /** Absent: all merchants. */
  userId?: string | undefined;
  statuses: readonly RefundStatus[];
  limit: number;
};

/**
 * Refunds with their orders, oldest first; across merchants, for operators. Without request bodies, leases and keys.
 */
export function listRefunds(db: Database, { userId, statuses, limit }: RefundFilter) {
  return acrossMerchants(db, userId)
    .selectFrom("refunds as r")
    .innerJoin("payment_orders as o", (join) =>
      join.onRef("o.id", "=", "r.order_id").onRef("o.user_id", "=", "r.user_id"),
    )
    .select(["r.id", "r.user_id", "o.order_no", "o.provider", "r.refund_no", "r.provider_refund_no"])
    .select(["r.refund_id", "r.amount_minor", "r.currency", "r.status", "r.created_at", "r.next_poll_at"])
    .where("r.status", "in", statuses)
    .orderBy("r.id")
    .limit(limit)
    .execute();
}

/** Across merchants: an operator may name a refund by its id alone. Later calls carry the `userId`. */
export async function refundOwner(
  db: Database,
  id: string,
): Promise<StoredRefund["refund"]["userId"] | null> {
  const row = await acrossMerchants(db)
    .selectFrom("refunds")
    .select("user_id")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.user_id ?? null;
}
