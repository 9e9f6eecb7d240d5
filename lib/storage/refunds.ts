import { sql } from "kysely";
import type { Payment } from "../payment/payment.ts";
import type { KeyAfter, LeasedRefund, NewRefund, Refunds, Reserved, StoredRefund } from "../refund/ports.ts";
import { type Database, isDuplicate, type OpenTransaction, repeating, transact } from "./database.ts";
import { finishRefund } from "./finish-refund.ts";
import { failForeign, recordForeign } from "./foreign-refunds.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import { orderColumns, paymentOf, rowOf } from "./payment-rows.ts";
import { refundOf, refundRow } from "./refund-rows.ts";
import { recordTotal } from "./refund-totals.ts";
import { addLog } from "./timeline.ts";

/** Thrown inside T5, so that the refund's row goes back with the sum that could not be reserved. */
class DoesNotFit extends Error {}

export function refundsIn(db: Database): Refunds {
  return {
    find: (userId, refundNo) => findBy(db, userId, "refund_no", refundNo),
    byId: (userId, id) => findBy(db, userId, "id", id),
    byProviderNo: (userId, providerRefundNo) => findBy(db, userId, "provider_refund_no", providerRefundNo),
    reserve: (payment, wanted) => reserve(db, payment, wanted),
    takeOver: (stored, lease) => takeOver(db, stored, lease),
    async release(leased, why, times, key) {
      const title = key && "newKey" in key ? "refund: refused, nothing was made" : "refund: outcome unknown";
      await letGo(db, leased, { status: "unknown", ...times, ...(key && { key }) }, { title, data: { why } });
    },
    async pend(leased, refundId, times) {
      const entry = { title: "refund under way", data: { refund_id: refundId } };
      const pending = { status: "processing" as const, ...times };
      try {
        await letGo(db, leased, { ...pending, refundId }, entry);
      } catch (error) {
        if (!isDuplicate(error, "order_refund")) throw error;
        // Booked as one of the console; its end will tell that it is ours.
        await letGo(db, leased, pending, entry);
      }
    },
    finish: (refund, payment, fact) => finishRefund(db, refund, payment, fact),
    recordForeign: (payment, foreign, told, now) => recordForeign(db, payment, foreign, told, now),
    recordTotal: (payment, total, told, now) => recordTotal(db, payment, total, told, now),
    failForeign: (payment, foreign, told, now) => failForeign(db, payment, foreign, told, now),
    async makeDue(refund, now) {
      await refundRow(db, refund)
        .set({ next_query_at: now })
        .where((eb) => eb.or([eb("next_query_at", "is", null), eb("next_query_at", ">", now)]))
        .execute();
    },
    async claimLook({ refund, nextQueryAt }, next) {
      const claim = refundRow(db, refund)
        .set({ next_query_at: next })
        .where("next_query_at", "=", nextQueryAt)
        .where("status", "in", ["success", "failed"]);
      const claimed = await repeating(() => claim.executeTakeFirstOrThrow());
      return claimed.numUpdatedRows === 1n;
    },
    async endLooks(refund, claimed) {
      const end = refundRow(db, refund).set({ next_query_at: null }).where("next_query_at", "=", claimed);
      await repeating(() => end.execute());
    },
    async dueForLook(now, limit) {
      // Across merchants: a sweeper works for all.
      const rows = await acrossMerchants(db)
        .selectFrom("refunds")
        .select(["id", "user_id"])
        .where("next_query_at", "<=", now)
        .orderBy("next_query_at")
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
  const { request, lease_until: leaseUntil, next_query_at: nextQueryAt } = row;
  return { refund: refundOf(row), payment: paymentOf(order), request, leaseUntil, nextQueryAt };
}

/** T5: the refund's row and its part of the payment, reserved in one commit. The guard decides, not what was read. */
async function reserve(db: Database, payment: Payment, wanted: NewRefund): Promise<Reserved> {
  try {
    return await transact(db, (trx) => reserveOnce(trx, payment, wanted));
  } catch (error) {
    if (error instanceof DoesNotFit) return { kind: "does-not-fit" };
    if (!isDuplicate(error, "user_refund") && !isDuplicate(error, "provider_refund")) throw error;
    // An earlier COMMIT of this very reservation may have been answered by a lost connection.
    const mine = await ofMerchant(db, payment.userId)
      .selectFrom("refunds")
      .selectAll()
      // mutation: reserve-own
      .where("lease_token", "=", wanted.leaseToken)
      .executeTakeFirst();
    // mutation: reserve-repeated-commit
    if (!mine) return { kind: "exists" };
    const { leaseToken } = wanted;
    return { kind: "reserved", leased: { refund: refundOf(mine), payment, leaseToken, unclearSince: null } };
  }
}

async function reserveOnce(trx: OpenTransaction, payment: Payment, wanted: NewRefund): Promise<Reserved> {
  const { amount, now, leaseToken } = wanted;
  const row = {
    order_id: payment.id,
    refund_no: wanted.refundNo,
    provider_refund_no: wanted.providerRefundNo,
    amount_minor: String(amount.minor),
    currency: amount.currency,
    status: "processing" as const,
    reason: wanted.reason,
    request: wanted.request,
    prepared: JSON.stringify(wanted.prepared),
    idempotency_key: wanted.idempotencyKey,
    // Of the call that is about to be made; its clear answer takes it back.
    unclear_since: now,
    refund_id: null,
    refusal: null,
    lease_token: leaseToken,
    lease_until: wanted.leaseUntil,
    created_at: now,
    updated_at: now,
    next_query_at: wanted.nextQueryAt,
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
  const data = { refund_no: wanted.refundNo, amount_minor: amount.minor, reason: wanted.reason };
  await addLog(trx, payment, { at: now, kind: "refund", title: "refund requested", data });
  const refund = refundOf({ ...row, id: String(insertId), user_id: userId });
  return { kind: "reserved", leased: { refund, payment, leaseToken, unclearSince: null } };
}

/** The row is read anew: whoever held it since it was read may have renewed its key. */
function takeOver(
  db: Database,
  { refund, payment }: StoredRefund,
  { leaseToken, leaseUntil, nextQueryAt, now }: Parameters<Refunds["takeOver"]>[1],
): Promise<LeasedRefund | null> {
  return transact(db, async (trx) => {
    const row = await ofMerchant(trx, refund.userId)
      .selectFrom("refunds")
      .selectAll()
      .where("id", "=", refund.id)
      // mutation: refund-takeover-status
      .where("status", "in", ["processing", "unknown"])
      // mutation: refund-takeover-lease
      .where((eb) => eb.or([eb("lease_until", "<=", now), eb("lease_token", "=", leaseToken)]))
      .forUpdate()
      .executeTakeFirst();
    if (!row) return null;
    await refundRow(trx, refund)
      .set({
        lease_token: leaseToken,
        lease_until: leaseUntil,
        next_query_at: nextQueryAt,
        unclear_since: now,
      })
      .execute();
    return { refund: refundOf(row), payment, leaseToken, unclearSince: row.unclear_since };
  });
}

type LetGo = {
  status: "processing" | "unknown";
  refundId?: string;
  now: Date;
  leaseUntil: Date;
  nextQueryAt: Date | null;
  key?: KeyAfter;
};

/** Nothing is final: the reservation stays, and the lease's end lets the next look come. */
async function letGo(
  db: Database,
  { refund, payment, leaseToken }: LeasedRefund,
  { status, refundId, now, leaseUntil, nextQueryAt, key }: LetGo,
  { title, data }: { title: string; data: Record<string, unknown> },
): Promise<void> {
  await transact(db, async (trx) => {
    const moved = await refundRow(trx, refund)
      .set({
        status,
        lease_until: leaseUntil,
        next_query_at: nextQueryAt,
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
