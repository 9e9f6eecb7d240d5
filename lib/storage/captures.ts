import type { Account } from "../payment/config-ports.ts";
import type { Payment } from "../payment/payment.ts";
import { type Database, type OpenTransaction, transact } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";
import { ofAccount, rowOf } from "./payment-rows.ts";
import { addLog } from "./timeline.ts";

type Capture = Account & { key: string; until: Date; nextQueryAt: Date; now: Date };

/**
 * T9. From `pending`, before the payment's end; or again after a capture whose outcome never became known, under its own
 * key. The version read before the provider was asked decides between two callers.
 */
export function claimCapture(
  db: Database,
  payment: Payment,
  { key, until, nextQueryAt, now, ...account }: Capture,
): Promise<Payment | null> {
  return transact(db, async (trx) => {
    const claimed = await rowOf(trx, payment)
      .set((eb) => ({
        status: "processing",
        version: eb("version", "+", 1),
        capture_key: key,
        capture_until: until,
        next_query_at: nextQueryAt,
        updated_at: now,
      }))
      // mutation: capture-version
      .where("version", "=", payment.version)
      // mutation: capture-expired
      .where("expires_at", ">", now)
      // mutation: capture-account
      .where(ofAccount(account))
      // mutation: capture-under-way
      .where((eb) => eb.or([eb("capture_until", "is", null), eb("capture_until", "<=", now)]))
      .where((eb) =>
        eb.or([
          // mutation: capture-from-pending
          eb("status", "=", "pending"),
          eb.and([
            eb("status", "=", "processing"),
            /* mutation: capture-same-key */ eb("capture_key", "=", key),
          ]),
        ]),
      )
      .executeTakeFirstOrThrow();
    const isOurs = claimed.numUpdatedRows === 1n;
    // Ours all the same where an earlier COMMIT of this very claim was answered by a lost connection.
    if (!isOurs && !(await isClaimed(trx, payment, { key, until }))) return null;
    if (isOurs && payment.status === "pending") {
      const data = { from: "pending", to: "processing" };
      await addLog(trx, payment, { at: now, kind: "status", title: "taking the money", data });
    }
    return { ...payment, status: "processing", version: payment.version + 1, captureKey: key, nextQueryAt };
  });
}

async function isClaimed(
  trx: OpenTransaction,
  payment: Payment,
  { key, until }: Pick<Capture, "key" | "until">,
): Promise<boolean> {
  const row = await ofMerchant(trx, payment.userId)
    .selectFrom("payment_orders")
    .select("id")
    .where("id", "=", payment.id)
    .where("status", "=", "processing")
    .where("version", "=", payment.version + 1)
    .where("capture_key", "=", key)
    .where("capture_until", "=", until)
    .executeTakeFirst();
  return row !== undefined;
}

/** Nothing was taken: the buyer may choose another way to pay, which will be another capture. */
export async function endCapture(
  db: Database,
  payment: Payment,
  { why, now, nextQueryAt }: { why: string; now: Date; nextQueryAt: Date | null },
): Promise<void> {
  await transact(db, async (trx) => {
    const ended = await rowOf(trx, payment)
      .set((eb) => ({
        status: "pending",
        version: eb("version", "+", 1),
        capture_key: null,
        capture_until: null,
        next_query_at: nextQueryAt,
        updated_at: now,
      }))
      // mutation: capture-declined-status
      .where("status", "=", "processing")
      // mutation: capture-declined-version
      .where("version", "=", payment.version)
      // mutation: capture-declined-key
      .where("capture_key", "=", payment.captureKey)
      .executeTakeFirstOrThrow();
    if (ended.numUpdatedRows === 0n) return;
    const data = { from: "processing", to: "pending", why };
    await addLog(trx, payment, { at: now, kind: "status", title: "no money was taken", data });
  });
}
