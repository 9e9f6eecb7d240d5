import { sql } from "kysely";
import type { Payment, Prepared } from "../../domain/payment.ts";
import type { LeasedRefund } from "../../domain/refund.ts";
import type { Money } from "../../money/money.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { rowOf } from "../payments/payment-rows.ts";
import { addLog } from "../timeline.ts";
import { insertRefund, refundOf } from "./refund-rows.ts";

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

/** Thrown inside `reserveRefund` when the amount does not fit, so that the refund's row is rolled back too. */
class DoesNotFit extends Error {}

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
  const { refundNo, providerRefundNo, amount, reason, prepared, idempotencyKey, now, leaseToken } = newRefund;
  const refund = await insertRefund(
    trx,
    {
      ...{ userId: payment.userId, orderId: payment.id, refundNo, providerRefundNo, refundId: "" },
      ...{ amount, status: "processing", reason, refusal: null, createdAt: now, updatedAt: now },
      ...{ prepared, idempotencyKey },
    },
    {
      request: newRefund.request,
      lease_token: leaseToken,
      lease_until: newRefund.leaseUntil,
      // The call to the provider is about to start; a clear response resets this.
      unclear_since: now,
      next_poll_at: newRefund.nextPollAt,
    },
  );
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
  const data = { refund_no: refundNo, amount_minor: amount.minor, reason };
  await addLog(trx, payment, { at: now, kind: "refund", title: "refund requested", data });
  return { kind: "reserved", leased: { refund, payment, leaseToken, unclearSince: null } };
}
