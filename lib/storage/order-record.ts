import type { Payment } from "../payment/payment.ts";
import type { Database } from "./database.ts";

/** Whose order this is: an operator may name it by its number alone. What follows carries the `userId`. */
export async function orderOwner(db: Database, orderNo: string): Promise<string | null> {
  const row = await db
    .selectFrom("payment_orders")
    .select("user_id")
    .where("order_no", "=", orderNo)
    .executeTakeFirst();
  return row?.user_id ?? null;
}

/** The rows beside an order; without what was sent to the provider, bodies, payloads, leases and keys. */
export async function orderRecord(db: Database, { id, userId }: Payment) {
  const attempts = await db
    .selectFrom("payment_attempts")
    .select(["id", "done", "lease_until", "created_at"])
    .where("order_id", "=", id)
    .where("user_id", "=", userId)
    .execute();
  const refunds = await db
    .selectFrom("refunds")
    .select(["id", "refund_no", "provider_refund_no", "refund_id", "amount_minor", "currency", "status"])
    .select(["reason", "refusal", "created_at", "updated_at", "next_query_at"])
    .where("order_id", "=", id)
    .where("user_id", "=", userId)
    .orderBy("id")
    .execute();
  return { attempts, refunds };
}
