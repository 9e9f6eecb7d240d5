import type { Insertable } from "kysely";
import type { Refund } from "../../domain/refund.ts";
import type { Database, OpenTransaction } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import type { RefundsTable } from "../tables.ts";
import { type RefundRow, refundColumns } from "./refund-columns.ts";

export function refundOf(row: RefundRow): Refund {
  const { amountMinor: minor, currency, ...refund } = refundColumns.read(row);
  return { ...refund, amount: { minor, currency } };
}

/** What only storage knows of a refund: the normalised request, its lease, its unclear call and its next poll. */
type Internal = Pick<
  Insertable<RefundsTable>,
  "request" | "lease_token" | "lease_until" | "unclear_since" | "next_poll_at"
>;

export async function insertRefund(
  trx: OpenTransaction,
  refund: Omit<Refund, "id">,
  internal: Internal,
): Promise<Refund> {
  const { minor: amountMinor, currency } = refund.amount;
  const { insertId } = await ofMerchant(trx, refund.userId)
    .insertInto("refunds")
    .values({ ...refundColumns.write({ ...refund, amountMinor, currency }), ...internal })
    .executeTakeFirstOrThrow();
  return { ...refund, id: String(insertId) };
}

/** An UPDATE of the refund's row. */
export const refundRow = (db: Database, refund: Refund) =>
  ofMerchant(db, refund.userId).updateTable("refunds").where("id", "=", refund.id);
