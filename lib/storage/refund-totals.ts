import { randomUUID } from "node:crypto";
import { type Money, safeMinor } from "../money/money.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";
import type { RefundFact, RefundFinished } from "../refund/ports.ts";
import { type Database, type OpenTransaction, transact } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";
import { lockOrder, readPayment, rowOf } from "./payment-rows.ts";
import { insertForeign, OverRefund } from "./refund-books.ts";

/** Locks the order, so that two totals that arrive at once are not both held for news. */
export async function recordTotal(
  db: Database,
  payment: Payment,
  total: Money,
  told: string,
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
        const notifications = await insertToTotal(trx, current, total, { told, now });
        return { kind: "finished", notifications, after: "processing" };
      }
      return { kind: "already" };
    });
  } catch (error) {
    if (error instanceof OverRefund) return { kind: "over-refund" };
    throw error;
  }
}

/** Our reservations cover a part of this total, and may yet turn out to be none of it. */
async function keepTotal(trx: OpenTransaction, payment: Payment, total: Money): Promise<void> {
  await rowOf(trx, payment)
    .set({ refund_total_minor: String(total.minor) })
    // mutation: refund-total-greater
    .where("refund_total_minor", "<", String(total.minor))
    .execute();
}

/** A reservation has come to nothing: what it has hidden of the provider's total was made in its console. */
export async function recordHidden(
  trx: OpenTransaction,
  payment: Payment,
  { told, now }: RefundFact,
): Promise<Hint[]> {
  const current = await readPayment(trx, payment);
  const row = await ofMerchant(trx, payment.userId)
    .selectFrom("payment_orders")
    .select("refund_total_minor")
    .where("id", "=", payment.id)
    .executeTakeFirstOrThrow();
  const total = { minor: safeMinor(row.refund_total_minor), currency: payment.amount.currency };
  if (total.minor <= current.refundedMinor + current.reservedMinor) return [];
  return insertToTotal(trx, current, total, { told, now });
}

/**
 * One refund for all that lacks up to the provider's total. No id of the provider's keeps it from being booked twice: the
 * order's row is locked, and its sums say what lacks. The same total can lack more once a further reservation has failed.
 */
function insertToTotal(
  trx: OpenTransaction,
  payment: Payment,
  { minor, currency }: Money,
  when: { told: string; now: Date },
): Promise<Hint[]> {
  const amount = { minor: minor - payment.refundedMinor - payment.reservedMinor, currency };
  return insertForeign(trx, payment, { refundId: `total-${minor}-${randomUUID()}`, amount }, when);
}
