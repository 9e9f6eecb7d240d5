import { secondsAfter } from "../clock.ts";
import { stuckAfterSeconds } from "../payment/look-up-schedule.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";
import type { RefundFact, RefundFinished } from "../refund/ports.ts";
import type { Refund } from "../refund/refund.ts";
import { stuckRefund } from "../refund/stuck.ts";
import { fingerprintOf, resolveEnded } from "./anomalies.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";
import { rowOf } from "./payment-rows.ts";
import { moveSums, OverRefund, tell } from "./refund-books.ts";
import { refundOf, refundRow } from "./refund-rows.ts";
import { recordHidden } from "./refund-totals.ts";

/** Thrown inside the transaction, so that nothing of it stays. */
class NotMoved extends Error {
  readonly finished: RefundFinished;
  constructor(finished: RefundFinished) {
    super(finished.kind);
    this.finished = finished;
  }
}

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
  const finish = async (known: boolean): Promise<RefundFinished> => {
    try {
      return await transact(db, async (trx) => {
        const told = known ? await takeFromForeign(trx, refund, payment, fact) : [];
        const finished = await finishOnce(trx, refund, payment, fact);
        if (finished.kind === "finished")
          return { ...finished, notifications: [...told, ...finished.notifications] };
        // What was taken from a refund of the console goes back with it: its sum would be nobody's.
        // mutation: refund-unmoved-undone
        if (known) throw new NotMoved(finished);
        return finished;
      });
    } catch (error) {
      if (error instanceof NotMoved) return error.finished;
      // mutation: refund-finish-over-refund
      if (error instanceof OverRefund) return { kind: "over-refund" };
      if (known || !isDuplicate(error, "order_refund")) throw error;
      return finish(true);
    }
  };
  return finish(false);
}

async function finishOnce(
  trx: OpenTransaction,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<RefundFinished> {
  if (await moveRefund(trx, refund, ["processing", "unknown"], fact)) {
    await moveSums(trx, refund, { from: "reserved", fact });
    const told = await tell(trx, refund, payment, fact, "processing");
    const hidden = await bookDisplaced(trx, payment, fact);
    // mutation: stuck-refund-ended
    await endStuck(trx, refund, payment, fact);
    return { kind: "finished", notifications: [...told, ...hidden], after: "processing" };
  }
  const before = fact.to === "success" ? "failed" : "success";
  // mutation: refund-overruled
  if (!fact.overrules) {
    return (await hasStatus(trx, refund, before)) ? { kind: "contradicts", refund } : { kind: "already" };
  }
  if (!(await moveRefund(trx, refund, [before], fact))) return { kind: "already" };
  await moveSums(trx, refund, { from: before === "failed" ? "nothing" : "refunded", fact });
  const told = await tell(trx, refund, payment, fact, before);
  // mutation: refund-turned-displaced
  const hidden = await bookDisplaced(trx, payment, fact);
  return { kind: "finished", notifications: [...told, ...hidden], after: before };
}

/** A refund that comes to nothing, whatever it was before, makes room for what the provider told and did not fit. */
async function bookDisplaced(trx: OpenTransaction, payment: Payment, fact: RefundFact): Promise<Hint[]> {
  if (fact.to !== "failed") return [];
  const hidden = await recordHidden(trx, payment, fact);
  await lookForUnbooked(trx, payment, fact);
  return hidden;
}

/** There is room now for a refund of the provider's console that found none: a look-up tells it again. */
async function lookForUnbooked(trx: OpenTransaction, payment: Payment, { now }: RefundFact): Promise<void> {
  await rowOf(trx, payment)
    .set({ next_query_at: now })
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("anomalies as a")
          .select("a.id")
          .where("a.order_no", "=", payment.orderNo)
          .where("a.kind", "=", "over_refund"),
      ),
    )
    .execute();
}

/**
 * The provider's id of this refund stands in a row for one of its console: it was told without our number. That row ends
 * as failed, without the id and its sum, and the merchant, who was told of it, is told so.
 */
async function takeFromForeign(
  trx: OpenTransaction,
  { refundNo }: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<Hint[]> {
  const row = await ofMerchant(trx, payment.userId)
    .selectFrom("refunds")
    .selectAll()
    .where("order_id", "=", payment.id)
    .where("refund_id", "=", fact.refundId)
    .where("refund_no", "is", null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return [];
  const error = { code: "known", message: `this is the refund ${refundNo}` };
  await ofMerchant(trx, payment.userId)
    .updateTable("refunds")
    .set({ status: "failed", refund_id: null, refusal: JSON.stringify(error), updated_at: fact.now })
    .where("id", "=", row.id)
    .execute();
  if (row.status !== "success") return [];
  const foreign = refundOf(row);
  const undone: RefundFact = { ...fact, to: "failed", refundId: "", error, notify: true };
  await moveSums(trx, foreign, { from: "refunded", fact: undone });
  return tell(trx, foreign, payment, undone, "success");
}

/** A refund that was a person's matter has come to its end. */
async function endStuck(
  trx: OpenTransaction,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<void> {
  if (secondsAfter(refund.createdAt, stuckAfterSeconds) > fact.now) return;
  const fingerprint = fingerprintOf(stuckRefund(payment, refund));
  await resolveEnded(trx, payment, { fingerprint }, { note: `it has ended: ${fact.to}`, now: fact.now });
}

async function moveRefund(
  trx: OpenTransaction,
  refund: Refund,
  from: readonly string[],
  fact: RefundFact,
): Promise<boolean> {
  const { leaseToken } = fact;
  const moved = await refundRow(trx, refund)
    .$if(leaseToken !== undefined, (query) =>
      /* mutation: refund-finish-lease */ query.where("lease_token", "=", leaseToken!),
    )
    .set({
      status: fact.to,
      refusal: fact.error ? JSON.stringify(fact.error) : null,
      updated_at: fact.now,
      next_query_at: null,
      lease_until: fact.now,
      ...(fact.refundId && { refund_id: fact.refundId }),
    })
    // mutation: refund-finish-status
    .where("status", "in", from as ("processing" | "unknown" | "success" | "failed")[])
    .executeTakeFirstOrThrow();
  return moved.numUpdatedRows === 1n;
}

async function hasStatus(
  trx: OpenTransaction,
  refund: Refund,
  status: "success" | "failed",
): Promise<boolean> {
  const row = await ofMerchant(trx, refund.userId)
    .selectFrom("refunds")
    .select("id")
    .where("id", "=", refund.id)
    .where("status", "=", status)
    .executeTakeFirst();
  return row !== undefined;
}
