import type { KeyAfter, LeasedRefund, StoredRefund } from "../../domain/refund.ts";
import { type Database, isDuplicate, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { addLog } from "../timeline.ts";
import { refundOf, refundRow } from "./refund-rows.ts";

/** A run of a refund: its lease, and when the next poll is due if its process dies. */
export type RefundLease = { leaseToken: string; leaseUntil: Date; nextPollAt: Date | null; now: Date };

/**
 * Lets one caller call the provider; if its process dies, the next poll is at `nextPollAt`. Reads the row again: a
 * caller that held the lease in between may have replaced the idempotency key.
 */
export function takeRefundLease(
  db: Database,
  { refund, payment }: StoredRefund,
  { leaseToken, leaseUntil, nextPollAt, now }: RefundLease,
): Promise<LeasedRefund | null> {
  return transact(db, async (trx) => {
    const row = await ofMerchant(trx, refund.userId)
      .selectFrom("refunds")
      .selectAll()
      .where("id", "=", refund.id)
      // mutation: refund-lease-status
      .where("status", "in", ["processing", "unknown"])
      // mutation: refund-lease-expired
      .where((eb) => eb.or([eb("lease_until", "<=", now), eb("lease_token", "=", leaseToken)]))
      .forUpdate()
      .executeTakeFirst();
    if (!row) return null;
    await refundRow(trx, refund)
      .set({
        lease_token: leaseToken,
        lease_until: leaseUntil,
        next_poll_at: nextPollAt,
        unclear_since: now,
      })
      .execute();
    return { refund: refundOf(row), payment, leaseToken, unclearSince: row.unclear_since };
  });
}

type Times = { now: Date; leaseUntil: Date; nextPollAt: Date | null };

/** The outcome is unknown: the reservation stays, and the refund may be fetched again after `leaseUntil`. */
export async function releaseRefund(
  db: Database,
  leased: LeasedRefund,
  why: string,
  times: Times,
  key?: KeyAfter,
): Promise<void> {
  const title = key && "newKey" in key ? "refund: refused, nothing was made" : "refund: outcome unknown";
  await releaseLease(
    db,
    leased,
    { status: "unknown", ...times, ...(key && { key }) },
    { title, data: { why } },
  );
}

/** The provider has accepted the refund and will report its end. */
export async function markRefundPending(
  db: Database,
  leased: LeasedRefund,
  refundId: string,
  times: Times,
): Promise<void> {
  const entry = { title: "refund under way", data: { refund_id: refundId } };
  const pending = { status: "processing" as const, ...times };
  try {
    await releaseLease(db, leased, { ...pending, refundId }, entry);
  } catch (error) {
    if (!isDuplicate(error, "order_refund")) throw error;
    // This provider id is already recorded as an external refund; `finishRefund` will assign it to this refund.
    await releaseLease(db, leased, pending, entry);
  }
}

type Release = Times & { status: "processing" | "unknown"; refundId?: string; key?: KeyAfter };

/**
 * Records that the refund is not final yet: the reservation stays, and the next poll may run once the lease has ended.
 */
async function releaseLease(
  db: Database,
  { refund, payment, leaseToken }: LeasedRefund,
  { status, refundId, now, leaseUntil, nextPollAt, key }: Release,
  { title, data }: { title: string; data: Record<string, unknown> },
): Promise<void> {
  await transact(db, async (trx) => {
    const moved = await refundRow(trx, refund)
      .set({
        status,
        lease_until: leaseUntil,
        next_poll_at: nextPollAt,
        updated_at: now,
        ...(refundId && { refund_id: refundId }),
        ...(key && "newKey" in key && { idempotency_key: key.newKey, unclear_since: null }),
        ...(key && "unclearSince" in key && { unclear_since: key.unclearSince }),
      })
      // mutation: refund-release-own
      .where("lease_token", "=", leaseToken)
      // mutation: refund-release-status
      .where("status", "in", ["processing", "unknown"])
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n || (status === refund.status && (refundId ?? "") === refund.refundId))
      return;
    await addLog(trx, payment, {
      at: now,
      kind: "refund",
      title,
      data: { refund_no: refund.refundNo, ...data },
    });
  });
}
