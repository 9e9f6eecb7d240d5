import type { Payment } from "../payment/payment.ts";
import type { RefundFact, RefundFinished } from "../refund/ports.ts";
import type { Refund } from "../refund/refund.ts";
import { type Database, type OpenTransaction, transact } from "./database.ts";
import { moveSums, OverRefund, tell } from "./refund-books.ts";
import { recordHidden } from "./refund-totals.ts";

/**
 * T5b: ends a refund; one that has ended in the other way only by a fact that overrules it. The sums of the order move in
 * the same commit, by guards: a success that no longer fits rolls everything back.
 */
export async function finishRefund(
  db: Database,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<RefundFinished> {
  try {
    return await transact(db, async (trx) => {
      if (await moveRefund(trx, refund, ["processing", "unknown"], fact)) {
        await moveSums(trx, refund, { from: "reserved", fact });
        const told = await tell(trx, refund, payment, fact, "processing");
        const hidden = fact.to === "failed" ? await recordHidden(trx, payment, fact) : [];
        return { kind: "finished", notifications: [...told, ...hidden], after: "processing" };
      }
      const before = fact.to === "success" ? "failed" : "success";
      if (!fact.overrules) {
        return (await hasStatus(trx, refund, before)) ? { kind: "contradicts", refund } : { kind: "already" };
      }
      if (!(await moveRefund(trx, refund, [before], fact))) return { kind: "already" };
      await moveSums(trx, refund, { from: before === "failed" ? "nothing" : "refunded", fact });
      const notifications = await tell(trx, refund, payment, fact, before);
      return { kind: "finished", notifications, after: before };
    });
  } catch (error) {
    if (error instanceof OverRefund) return { kind: "over-refund" };
    throw error;
  }
}

async function moveRefund(
  trx: OpenTransaction,
  refund: Refund,
  from: readonly string[],
  fact: RefundFact,
): Promise<boolean> {
  const moved = await trx
    .updateTable("refunds")
    .set({
      status: fact.to,
      refusal: fact.error ? JSON.stringify(fact.error) : null,
      updated_at: fact.now,
      next_query_at: null,
      lease_until: fact.now,
      ...(fact.refundId && { refund_id: fact.refundId }),
    })
    .where("id", "=", refund.id)
    .where("user_id", "=", refund.userId)
    .where("status", "in", from as ("processing" | "unknown" | "success" | "failed")[])
    .executeTakeFirstOrThrow();
  return moved.numUpdatedRows === 1n;
}

async function hasStatus(
  trx: OpenTransaction,
  refund: Refund,
  status: "success" | "failed",
): Promise<boolean> {
  const row = await trx
    .selectFrom("refunds")
    .select("id")
    .where("id", "=", refund.id)
    .where("user_id", "=", refund.userId)
    .where("status", "=", status)
    .executeTakeFirst();
  return row !== undefined;
}
