import type { Selectable } from "kysely";
import type { Refund } from "../../domain/refund.ts";
import { safeMinor } from "../../money/money.ts";
import type { Database } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import type { RefundsTable } from "../tables.ts";

export function refundOf(row: Selectable<RefundsTable>): Refund {
  return {
    id: row.id,
    userId: row.user_id,
    orderId: row.order_id,
    refundNo: row.refund_no ?? "",
    providerRefundNo: row.provider_refund_no,
    amount: { minor: safeMinor(row.amount_minor), currency: row.currency },
    status: row.status,
    reason: row.reason,
    prepared: JSON.parse(row.prepared),
    idempotencyKey: row.idempotency_key,
    refundId: row.refund_id ?? "",
    refusal: row.refusal === null ? null : JSON.parse(row.refusal),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** An UPDATE of the refund's row. */
export const refundRow = (db: Database, refund: Refund) =>
  ofMerchant(db, refund.userId).updateTable("refunds").where("id", "=", refund.id);
