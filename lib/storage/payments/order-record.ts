import type { Payment } from "../../domain/payment.ts";
import type { Database } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";

/** Across merchants: an operator may name an order by its number alone. Later calls carry the `userId`. */
export async function orderOwner(db: Database, orderNo: string): Promise<string | null> {
  const row = await acrossMerchants(db)
    .selectFrom("payment_orders")
    .select("user_id")
    .where("order_no", "=", orderNo)
    .executeTakeFirst();
  return row?.user_id ?? null;
}

/** The provider requests and refunds of an order, without request and response bodies, lease tokens and keys. */
export async function orderRecord(db: Database, { id, userId }: Payment) {
  const rows = ofMerchant(db, userId);
  const attempts = await rows
    .selectFrom("provider_requests")
    .select(["id", "done", "lease_until", "created_at"])
    .where("order_id", "=", id)
    .execute();
  const refunds = await rows
    .selectFrom("refunds")
    .select(["id", "refund_no", "provider_refund_no", "refund_id", "amount_minor", "currency", "status"])
    .select(["reason", "refusal", "created_at", "updated_at", "next_poll_at"])
    .where("order_id", "=", id)
    .orderBy("id")
    .execute();
  return { attempts, refunds };
}
