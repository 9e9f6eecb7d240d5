import type { Money } from "../money/money.ts";
import type { Payment } from "../payment/payment.ts";
import type { RefundFact, RefundFinished } from "../refund/ports.ts";
import type { Refund } from "../refund/refund.ts";
import { type Database, isDuplicate, transact } from "./database.ts";
import { finishRefund } from "./finish-refund.ts";
import { ofMerchant } from "./of-merchant.ts";
import { insertForeign, insertRow, OverRefund } from "./refund-books.ts";
import { refundOf } from "./refund-rows.ts";
import { addLog } from "./timeline.ts";

/** A refund that was made in the provider's console. */
export type Foreign = { refundId: string; amount: Money };

/** The row and the sum in one commit, once per id of the provider. */
export async function recordForeign(
  db: Database,
  payment: Payment,
  foreign: Foreign,
  told: string,
  now: Date,
): Promise<RefundFinished> {
  try {
    return await transact(db, async (trx) => {
      const notifications = await insertForeign(trx, payment, foreign, { told, now });
      return { kind: "finished", notifications, after: "processing" };
    });
  } catch (error) {
    if (error instanceof OverRefund) return { kind: "over-refund" };
    // mutation: console-refund-repeated
    if (!isDuplicate(error, "order_refund")) throw error;
    return finishKnown(db, payment, foreign, { to: "success", error: null, told, now });
  }
}

/** A row without a sum where none is known yet: an older word that it succeeded must find it. */
export async function failForeign(
  db: Database,
  payment: Payment,
  foreign: Foreign,
  told: string,
  now: Date,
): Promise<RefundFinished> {
  try {
    await transact(db, async (trx) => {
      await insertRow(trx, payment, { ...foreign, now, status: "failed" });
      const data = { refund_no: "", refund_id: foreign.refundId, amount_minor: foreign.amount.minor };
      await addLog(trx, payment, {
        at: now,
        kind: "refund",
        title: "refund failed",
        data: { ...data, told_by: told },
      });
    });
    return { kind: "already" };
  } catch (error) {
    if (!isDuplicate(error, "order_refund")) throw error;
    const reversed = { code: "reversed", message: "the provider says that this refund failed" };
    return finishKnown(db, payment, foreign, { to: "failed", error: reversed, told, now });
  }
}

async function finishKnown(
  db: Database,
  payment: Payment,
  { refundId }: Foreign,
  fact: Pick<RefundFact, "to" | "error" | "told" | "now">,
): Promise<RefundFinished> {
  const known = await byRefundId(db, payment, refundId);
  if (!known) return { kind: "already" };
  const overrules = fact.told === "look-up";
  return finishRefund(db, known, payment, { ...fact, refundId, notify: true, overrules });
}

async function byRefundId(db: Database, payment: Payment, refundId: string): Promise<Refund | null> {
  const row = await ofMerchant(db, payment.userId)
    .selectFrom("refunds")
    .selectAll()
    .where("order_id", "=", payment.id)
    .where("refund_id", "=", refundId)
    .executeTakeFirst();
  return row ? refundOf(row) : null;
}
