import type { Account } from "../../domain/config.ts";
import type { Payment } from "../../domain/payment.ts";
import { publicStatus } from "../../domain/payment-state.ts";
import { type Database, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { addLog } from "../timeline.ts";
import { ofAccount, rowOf } from "./payment-rows.ts";

type Capture = Account & { key: string; until: Date; nextPollAt: Date; now: Date };

/**
 * Lets one caller capture a payment before it expires: a `payable` one, or, under the same key, one whose earlier
 * capture has an unknown outcome. The version that was read before the provider was called decides between two callers.
 */
export function claimCapture(
  db: Database,
  payment: Payment,
  { key, until, nextPollAt, now, ...account }: Capture,
): Promise<Payment | null> {
  return transact(db, async (trx) => {
    const claimed = await rowOf(trx, payment)
      .set((eb) => ({
        state: "capturing",
        version: eb("version", "+", 1),
        capture_key: key,
        capture_until: until,
        next_poll_at: nextPollAt,
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
          eb("state", "=", "payable"),
          eb.and([
            eb("state", "in", ["capturing", "in_transit"]),
            /* mutation: capture-same-key */ eb("capture_key", "=", key),
          ]),
        ]),
      )
      .executeTakeFirstOrThrow();
    const isOurs = claimed.numUpdatedRows === 1n;
    // An earlier COMMIT of this claim may have succeeded while its response was lost.
    if (!isOurs && !(await isClaimed(trx, payment, { key, until }))) return null;
    if (isOurs && payment.status === "pending") {
      const data = { from: "pending", to: "processing" };
      await addLog(trx, payment, { at: now, kind: "status", title: "taking the money", data });
    }
    const capturing = { state: "capturing", status: publicStatus.capturing, captureKey: key } as const;
    return { ...payment, ...capturing, version: payment.version + 1, nextPollAt };
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
    .where("state", "=", "capturing")
    .where("version", "=", payment.version + 1)
    .where("capture_key", "=", key)
    .where("capture_until", "=", until)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Ends a capture that took no money: the buyer may choose another payment method, which is captured under a new key.
 */
export async function endCapture(
  db: Database,
  payment: Payment,
  { why, now, nextPollAt }: { why: string; now: Date; nextPollAt: Date | null },
): Promise<void> {
  await transact(db, async (trx) => {
    const ended = await rowOf(trx, payment)
      .set((eb) => ({
        state: "payable",
        version: eb("version", "+", 1),
        capture_key: null,
        capture_until: null,
        next_poll_at: nextPollAt,
        updated_at: now,
      }))
      // mutation: capture-declined-status
      .where("state", "=", "capturing")
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
