import { secondsAfter } from "../../clock.ts";
import type { Payment } from "../../domain/payment.ts";
import { stuckAfterSeconds } from "../../domain/poll-schedule.ts";
import type { Refund, RefundFact, RefundFinished } from "../../domain/refund.ts";
import { stuckRefund } from "../../domain/stuck-refund.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import { fingerprintOf, resolveEnded } from "../anomalies.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { rowOf } from "../payments/payment-rows.ts";
import { moveSums, OverRefund, recordOutcome } from "./refund-ledger.ts";
import { refundOf, refundRow } from "./refund-rows.ts";
import { recordUncovered } from "./refund-totals.ts";

/** Thrown inside the transaction to roll all of it back. */
class NotMoved extends Error {
  readonly finished: RefundFinished;
  constructor(finished: RefundFinished) {
    super(finished.kind);
    this.finished = finished;
  }
}

/**
 * Moves a refund to its final status. A refund that already has the opposite final status changes only by a fact that
 * overrules it. The order's sums move in the same transaction and are checked there: a success that no longer fits
 * rolls everything back.
 */
export async function finishRefund(
  db: Database,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<RefundFinished> {
  const finish = async (isExternal: boolean): Promise<RefundFinished> => {
    try {
      return await transact(db, async (trx) => {
        const wakeUps = isExternal ? await takeFromExternal(trx, refund, payment, fact) : [];
        const finished = await finishOnce(trx, refund, payment, fact);
        if (finished.kind === "finished")
          return { ...finished, notifications: [...wakeUps, ...finished.notifications] };
        // Roll back what was taken from the external refund, too: its amount would belong to no refund.
        // mutation: refund-unmoved-undone
        if (isExternal) throw new NotMoved(finished);
        return finished;
      });
    } catch (error) {
      if (error instanceof NotMoved) return error.finished;
      // mutation: refund-finish-over-refund
      if (error instanceof OverRefund) return { kind: "over-refund" };
      if (isExternal || !isDuplicate(error, "order_refund")) throw error;
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
    const wakeUps = await recordOutcome(trx, refund, payment, fact, "processing");
    const uncovered = await bookDisplaced(trx, payment, fact);
    // mutation: stuck-refund-ended
    await endStuck(trx, refund, payment, fact);
    return { kind: "finished", notifications: [...wakeUps, ...uncovered], after: "processing" };
  }
  const before = fact.to === "success" ? "failed" : "success";
  // mutation: refund-overruled
  if (!fact.overrules) {
    return (await hasStatus(trx, refund, before)) ? { kind: "contradicts", refund } : { kind: "already" };
  }
  if (!(await moveRefund(trx, refund, [before], fact))) return { kind: "already" };
  await moveSums(trx, refund, { from: before === "failed" ? "nothing" : "refunded", fact });
  const wakeUps = await recordOutcome(trx, refund, payment, fact, before);
  // mutation: refund-turned-displaced
  const uncovered = await bookDisplaced(trx, payment, fact);
  return { kind: "finished", notifications: [...wakeUps, ...uncovered], after: before };
}

/**
 * A refund that fails frees its amount for refunds that the provider reported and that did not fit before. Those that
 * are not recorded are reported again by a poll.
 */
async function bookDisplaced(trx: OpenTransaction, payment: Payment, fact: RefundFact): Promise<WakeUp[]> {
  if (fact.to !== "failed") return [];
  const uncovered = await recordUncovered(trx, payment, fact);
  // mutation: refund-displaced-poll
  await rowOf(trx, payment).set({ next_poll_at: fact.now }).execute();
  return uncovered;
}

/**
 * The provider first reported this refund without our number, so an external refund's row has its provider id. That row
 * becomes failed and loses the id and its amount; the merchant, who was notified of it, is notified of the change.
 */
async function takeFromExternal(
  trx: OpenTransaction,
  { refundNo }: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<WakeUp[]> {
  const row = await ofMerchant(trx, payment.userId)
    .selectFrom("refunds")
    .selectAll()
    .where("order_id", "=", payment.id)
    .where("refund_id", "=", fact.refundId)
    .where("refund_no", "is", null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return [];
  const error = { code: "known", message: `duplicate of refund ${refundNo}, which has its own status` };
  await ofMerchant(trx, payment.userId)
    .updateTable("refunds")
    .set({ status: "failed", refund_id: null, refusal: JSON.stringify(error), updated_at: fact.now })
    .where("id", "=", row.id)
    .execute();
  if (row.status !== "success") return [];
  const external = refundOf(row);
  const undone: RefundFact = { ...fact, to: "failed", refundId: "", error, notify: true };
  await moveSums(trx, external, { from: "refunded", fact: undone });
  return recordOutcome(trx, external, payment, undone, "success");
}

/** Resolves the anomaly that reported an ended refund as stuck. */
async function endStuck(
  trx: OpenTransaction,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<void> {
  if (secondsAfter(refund.createdAt, stuckAfterSeconds) > fact.now) return;
  const fingerprint = fingerprintOf(stuckRefund(payment, refund));
  await resolveEnded(
    trx,
    payment,
    { fingerprint },
    { note: `the refund has ended: ${fact.to}`, now: fact.now },
  );
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
      next_poll_at: null,
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
