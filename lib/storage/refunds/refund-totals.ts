import { randomUUID } from "node:crypto";
import type { Payment } from "../../domain/payment.ts";
import type { RefundFact, RefundFinished } from "../../domain/refund.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import { type Money, safeMinor } from "../../money/money.ts";
import { type Database, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { lockOrder, readPayment, rowOf } from "../payments/payment-rows.ts";
import { insertExternal, OverRefund } from "./refund-ledger.ts";

/**
 * Records the provider's running total of refunds. It locks the order, so that of two concurrent totals only one adds a
 * refund for the same difference.
 */
export async function recordRefundTotal(
  db: Database,
  payment: Payment,
  total: Money,
  source: string,
  now: Date,
): Promise<RefundFinished> {
  try {
    return await transact(db, async (trx) => {
      // mutation: refund-total-lock
      await lockOrder(trx, payment);
      const current = await readPayment(trx, payment);
      // mutation: refund-total-covered
      if (total.minor > current.refundedMinor) await keepTotal(trx, current, total);
      if (total.minor > current.refundedMinor + /* mutation: refund-total-reserved */ current.reservedMinor) {
        const notifications = await insertToTotal(trx, current, total, { source, now });
        return { kind: "finished", notifications, after: "processing" };
      }
      return { kind: "already" };
    });
  } catch (error) {
    if (error instanceof OverRefund) return { kind: "over-refund" };
    throw error;
  }
}

/** Stores the total: part of it may be our own pending refunds, and becomes an external refund if those fail. */
async function keepTotal(trx: OpenTransaction, payment: Payment, total: Money): Promise<void> {
  await rowOf(trx, payment)
    .set({ refund_total_minor: String(total.minor) })
    // mutation: refund-total-greater
    .where("refund_total_minor", "<", String(total.minor))
    .execute();
}

/**
 * After a refund of ours failed: the part of the provider's total that its reservation covered is an external refund.
 */
export async function recordUncovered(
  trx: OpenTransaction,
  payment: Payment,
  { source, now }: RefundFact,
): Promise<WakeUp[]> {
  const current = await readPayment(trx, payment);
  const row = await ofMerchant(trx, payment.userId)
    .selectFrom("payment_orders")
    .select("refund_total_minor")
    .where("id", "=", payment.id)
    .executeTakeFirstOrThrow();
  const total = { minor: safeMinor(row.refund_total_minor), currency: payment.amount.currency };
  if (total.minor <= current.refundedMinor + current.reservedMinor) return [];
  return insertToTotal(trx, current, total, { source, now });
}

/**
 * Records one external refund for the difference to the provider's total. No provider id prevents a duplicate: the
 * order's row is locked, and its sums give the difference. The id is random, because the same total can differ again
 * after another reservation has failed.
 */
function insertToTotal(
  trx: OpenTransaction,
  payment: Payment,
  { minor, currency }: Money,
  when: { source: string; now: Date },
): Promise<WakeUp[]> {
  const amount = { minor: minor - payment.refundedMinor - payment.reservedMinor, currency };
  return insertExternal(trx, payment, { refundId: `total-${minor}-${randomUUID()}`, amount }, when);
}
