import type { AfterSend, Deliveries, DeliveryTask, SendRecord } from "../deliveries/ports.ts";
import { claim } from "./claim-delivery.ts";
import { type Database, insisting, transact } from "./database.ts";
import { hasDue, nextDue, takeDue } from "./due-deliveries.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";

export function deliveriesIn(db: Database): Deliveries {
  return {
    claim: (wakeUp, leaseToken, leaseUntil, now) =>
      transact(db, (trx) => claim(trx, wakeUp, { leaseToken, leaseUntil, now })),
    finish: (task, leaseToken, record, after) =>
      insisting(task.leaseUntil.getTime() - record.endedAt.getTime(), () =>
        finish(db, task, leaseToken, { record, after }),
      ),
    async nextDue(endpoint, now) {
      // Most endpoints have no other due row; this read then saves a transaction.
      if (!(await hasDue(db, endpoint, now))) return null;
      return transact(db, (trx) => nextDue(trx, endpoint, now));
    },
    takeDue: (now, limits) => transact(db, (trx) => takeDue(trx, now, limits)),
    async unmark(wakeUps) {
      if (wakeUps.length === 0) return;
      const ids = wakeUps.map((wakeUp) => wakeUp.taskId);
      // Across merchants: the sweeper marks and unmarks rows of all of them.
      await acrossMerchants(db)
        .updateTable("deliveries")
        .set({ woken_at: null })
        .where("id", "in", ids)
        .execute();
    },
  };
}

/**
 * Records the outcome of a try in one statement. Only the current lease token matches, so a stale sender changes
 * nothing.
 */
async function finish(
  db: Database,
  task: DeliveryTask,
  leaseToken: string,
  { record, after }: { record: SendRecord; after: AfterSend },
): Promise<boolean> {
  const next =
    after.status === "pending"
      ? { attempt: after.attempt, tryNo: 0, due: after.due }
      : { attempt: task.attempt, tryNo: task.tryNo, due: record.endedAt };
  const finished = await /* mutation: finish-delivery-owner */ ofMerchant(db, task.userId)
    .updateTable(["deliveries as n", "delivery_attempts as a"])
    .set("n.status", after.status)
    .set("n.attempt", next.attempt)
    .set("n.try_no", next.tryNo)
    .set("n.due_at", next.due)
    .set("n.lease_until", null)
    .set("n.woken_at", null)
    .set("n.updated_at", record.endedAt)
    .set("a.ended_at", record.endedAt)
    .set("a.outcome", record.outcome)
    .set("a.http_status", record.httpStatus)
    .set("a.answer", record.answer)
    .where("n.id", "=", task.id)
    // mutation: finish-delivery-lease
    .where("n.lease_token", "=", leaseToken)
    .whereRef("a.task_id", "=", "n.id")
    .where("a.attempt", "=", task.attempt)
    // mutation: finish-delivery-send
    .where("a.try_no", "=", task.tryNo)
    .executeTakeFirstOrThrow();
  return finished.numUpdatedRows > 0n;
}
