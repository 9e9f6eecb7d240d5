import { sql } from "kysely";
import type { Payment } from "../payments/payment.ts";
import type {
  KeyAfter,
  LeasedRefund,
  NewRefund,
  Refunds,
  Reserved,
  StoredRefund,
} from "../payments/refund-ports.ts";
import { type Database, isDuplicate, type OpenTransaction, repeating, transact } from "./database.ts";
import { failExternal, recordExternal } from "./external-refunds.ts";
import { finishRefund } from "./finish-refund.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import { orderColumns, paymentOf, rowOf } from "./payment-rows.ts";
import { refundOf, refundRow } from "./refund-rows.ts";
import { recordTotal } from "./refund-totals.ts";
import { addLog } from "./timeline.ts";

/** Thrown inside `reserve` when the amount does not fit, so that the refund's row is rolled back too. */
class DoesNotFit extends Error {}

export function refundsIn(db: Database): Refunds {
  return {
    find: (userId, refundNo) => findBy(db, userId, "refund_no", refundNo),
    byId: (userId, id) => findBy(db, userId, "id", id),
    byProviderNo: (userId, providerRefundNo) => findBy(db, userId, "provider_refund_no", providerRefundNo),
    reserve: (payment, newRefund) => reserve(db, payment, newRefund),
    takeLease: (stored, lease) => takeLease(db, stored, lease),
    async release(leased, why, times, key) {
      const title = key && "newKey" in key ? "refund: refused, nothing was made" : "refund: outcome unknown";
      await releaseLease(
        db,
        leased,
        { status: "unknown", ...times, ...(key && { key }) },
        { title, data: { why } },
      );
    },
    async markPending(leased, refundId, times) {
      const entry = { title: "refund under way", data: { refund_id: refundId } };
      const pending = { status: "processing" as const, ...times };
      try {
        await releaseLease(db, leased, { ...pending, refundId }, entry);
      } catch (error) {
        if (!isDuplicate(error, "order_refund")) throw error;
        // This provider id is already recorded as an external refund; `finishRefund` will assign it to this refund.
        await releaseLease(db, leased, pending, entry);
      }
    },
    finish: (refund, payment, fact) => finishRefund(db, refund, payment, fact),
    recordExternal: (payment, external, source, now) => recordExternal(db, payment, external, source, now),
    recordTotal: (payment, total, source, now) => recordTotal(db, payment, total, source, now),
    failExternal: (payment, external, source, now) => failExternal(db, payment, external, source, now),
    async makeDue(refund, now) {
      await refundRow(db, refund)
        .set({ next_poll_at: now })
        .where((eb) => eb.or([eb("next_poll_at", "is", null), eb("next_poll_at", ">", now)]))
        .execute();
    },
    async claimRefundPoll({ refund, nextPollAt }, next) {
      const claim = refundRow(db, refund)
        .set({ next_poll_at: next })
        .where("next_poll_at", "=", nextPollAt)
        .where("status", "in", ["success", "failed"]);
      const claimed = await repeating(() => claim.executeTakeFirstOrThrow());
      return claimed.numUpdatedRows === 1n;
    },
    async endRefundPolls(refund, claimed) {
      const end = refundRow(db, refund).set({ next_poll_at: null }).where("next_poll_at", "=", claimed);
      await repeating(() => end.execute());
    },
    async refundsDueForPoll(now, limit) {
      // Across merchants: the sweeper works for all of them.
      const rows = await acrossMerchants(db)
        .selectFrom("refunds")
        .select(["id", "user_id"])
        .where("next_poll_at", "<=", now)
        .orderBy("next_poll_at")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ refundId: row.id, userId: row.user_id }));
    },
  };
}

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

/**
 * Inserts the refund and reserves its amount in one transaction. The UPDATE's WHERE decides, not what was read before.
 */
async function reserve(db: Database, payment: Payment, newRefund: NewRefund): Promise<Reserved> {
  try {
    return await transact(db, (trx) => reserveOnce(trx, payment, newRefund));
  } catch (error) {
    if (error instanceof DoesNotFit) return { kind: "does-not-fit" };
    if (!isDuplicate(error, "user_refund") && !isDuplicate(error, "provider_refund")) throw error;
    // An earlier COMMIT of this reservation may have succeeded while its response was lost.
    const mine = await ofMerchant(db, payment.userId)
      .selectFrom("refunds")
      .selectAll()
      // mutation: reserve-own
      .where("lease_token", "=", newRefund.leaseToken)
      .executeTakeFirst();
    // mutation: reserve-repeated-commit
    if (!mine) return { kind: "exists" };
    const { leaseToken } = newRefund;
    return { kind: "reserved", leased: { refund: refundOf(mine), payment, leaseToken, unclearSince: null } };
  }
}

async function reserveOnce(trx: OpenTransaction, payment: Payment, newRefund: NewRefund): Promise<Reserved> {
  const { amount, now, leaseToken } = newRefund;
  const row = {
    order_id: payment.id,
    refund_no: newRefund.refundNo,
    provider_refund_no: newRefund.providerRefundNo,
    amount_minor: String(amount.minor),
    currency: amount.currency,
    status: "processing" as const,
    reason: newRefund.reason,
    request: newRefund.request,
    prepared: JSON.stringify(newRefund.prepared),
    idempotency_key: newRefund.idempotencyKey,
    // The call to the provider is about to start; a clear response resets this.
    unclear_since: now,
    refund_id: null,
    refusal: null,
    lease_token: leaseToken,
    lease_until: newRefund.leaseUntil,
    created_at: now,
    updated_at: now,
    next_poll_at: newRefund.nextPollAt,
  };
  const { userId } = payment;
  const { insertId } = await ofMerchant(trx, userId)
    .insertInto("refunds")
    .values(row)
    .executeTakeFirstOrThrow();
  const reserved = await rowOf(trx, payment)
    .set({ refund_reserved_minor: sql<string>`refund_reserved_minor + ${amount.minor}`, updated_at: now })
    // mutation: reserve-paid
    .where("status", "=", "success")
    // mutation: reserve-currency
    .where("currency", "=", amount.currency)
    // mutation: reserve-fits
    .where(sql<boolean>`refund_reserved_minor + refunded_minor + ${amount.minor} <= amount_minor`)
    .executeTakeFirstOrThrow();
  // mutation: reserve-rolled-back
  if (reserved.numUpdatedRows !== 1n) throw new DoesNotFit();
  const data = { refund_no: newRefund.refundNo, amount_minor: amount.minor, reason: newRefund.reason };
  await addLog(trx, payment, { at: now, kind: "refund", title: "refund requested", data });
  const refund = refundOf({ ...row, id: String(insertId), user_id: userId });
  return { kind: "reserved", leased: { refund, payment, leaseToken, unclearSince: null } };
}

/** Reads the row again: a caller that held the lease in between may have replaced the idempotency key. */
function takeLease(
  db: Database,
  { refund, payment }: StoredRefund,
  { leaseToken, leaseUntil, nextPollAt, now }: Parameters<Refunds["takeLease"]>[1],
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

type Release = {
  status: "processing" | "unknown";
  refundId?: string;
  now: Date;
  leaseUntil: Date;
  nextPollAt: Date | null;
  key?: KeyAfter;
};

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
