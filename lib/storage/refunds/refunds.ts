import { sql } from "kysely";
import type { Payment, Prepared } from "../../domain/payment.ts";
import type { KeyAfter, LeasedRefund, Refund, StoredRefund } from "../../domain/refund.ts";
import type { Money } from "../../money/money.ts";
import { type Database, isDuplicate, type OpenTransaction, repeating, transact } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import { orderColumns, paymentOf, rowOf } from "../payments/payment-rows.ts";
import { addLog } from "../timeline.ts";
import { refundOf, refundRow } from "./refund-rows.ts";

/** Thrown inside `reserveRefund` when the amount does not fit, so that the refund's row is rolled back too. */
class DoesNotFit extends Error {}

export const findRefund = (db: Database, userId: string, refundNo: string) =>
  findBy(db, userId, "refund_no", refundNo);

export const findRefundById = (db: Database, userId: string, id: string) => findBy(db, userId, "id", id);

/** By the number that we gave the provider. */
export const findRefundByProviderNo = (db: Database, userId: string, providerRefundNo: string) =>
  findBy(db, userId, "provider_refund_no", providerRefundNo);

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
export async function reserveRefund(db: Database, payment: Payment, newRefund: NewRefund): Promise<Reserved> {
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

/** Makes the next poll due at once, final or not. */
export async function makeRefundDue(db: Database, refund: Refund, now: Date): Promise<void> {
  await refundRow(db, refund)
    .set({ next_poll_at: now })
    .where((eb) => eb.or([eb("next_poll_at", "is", null), eb("next_poll_at", ">", now)]))
    .execute();
}

/** Allows one poll of a final refund for the due time that was read; the next one is due at `next`. */
export async function claimRefundPoll(
  db: Database,
  { refund, nextPollAt }: StoredRefund,
  next: Date | null,
): Promise<boolean> {
  const claim = refundRow(db, refund)
    .set({ next_poll_at: next })
    .where("next_poll_at", "=", nextPollAt)
    .where("status", "in", ["success", "failed"]);
  const claimed = await repeating(() => claim.executeTakeFirstOrThrow());
  return claimed.numUpdatedRows === 1n;
}

/** Ends the poll of a final refund that was due at `claimed`; a poll that became due meanwhile stays. */
export async function endRefundPolls(db: Database, refund: Refund, claimed: Date | null): Promise<void> {
  const end = refundRow(db, refund).set({ next_poll_at: null }).where("next_poll_at", "=", claimed);
  await repeating(() => end.execute());
}

/** Oldest first; across merchants, because the sweeper works for all of them. */
export async function refundsDueForPoll(db: Database, now: Date, limit: number) {
  const rows = await acrossMerchants(db)
    .selectFrom("refunds")
    .select(["id", "user_id"])
    .where("next_poll_at", "<=", now)
    .orderBy("next_poll_at")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ refundId: row.id, userId: row.user_id }));
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

export type NewRefund = {
  refundNo: string;
  providerRefundNo: string;
  amount: Money;
  reason: string;
  prepared: Prepared;
  idempotencyKey: string;
  request: string;
  leaseToken: string;
  leaseUntil: Date;
  nextPollAt: Date;
  now: Date;
};

export type Reserved =
  | { kind: "reserved"; leased: LeasedRefund }
  /** This `refund_no` was used before. */
  | { kind: "exists" }
  /** The payment is not success, or less than the amount is left. */
  | { kind: "does-not-fit" };
