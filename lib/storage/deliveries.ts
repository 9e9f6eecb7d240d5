import type { AfterSend, Deliveries, DeliveryTask, SendRecord } from "../notify/ports.ts";
import { claim } from "./claim-delivery.ts";
import { type Database, insisting, transact } from "./database.ts";
import { hasDue, nextDue, takeDue } from "./due-deliveries.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";

export function deliveriesIn(db: Database): Deliveries {
  return {
    claim: (hint, leaseToken, leaseUntil, now) =>
      transact(db, (trx) => claim(trx, hint, { leaseToken, leaseUntil, now })),
    finish: (task, leaseToken, record, after) =>
      insisting(task.leaseUntil.getTime() - record.endedAt.getTime(), () =>
        finish(db, task, leaseToken, { record, after }),
      ),
    async nextDue(endpoint, now) {
      // Most endpoints have nothing more to be told.
      if (!(await hasDue(db, endpoint, now))) return null;
      return transact(db, (trx) => nextDue(trx, endpoint, now));
    },
    takeDue: (now, limits) => transact(db, (trx) => takeDue(trx, now, limits)),
    async unmark(hints) {
      if (hints.length === 0) return;
      const ids = hints.map((hint) => hint.taskId);
      // Across merchants: what a sweeper has found, it marks.
      await acrossMerchants(db)
        .updateTable("notify_queue")
        .set({ hinted_at: null })
        .where("id", "in", ids)
        .execute();
    },
  };
}

/** T7, in one statement. The lease token lets only the sender record; a stale one matches nothing. */
async function finish(
  db: Database,
  task: DeliveryTask,
  leaseToken: string,
  { record, after }: { record: SendRecord; after: AfterSend },
): Promise<boolean> {
  const next =
    after.status === "pending"
      ? { attempt: after.attempt, sendNo: 0, due: after.due }
      : { attempt: task.attempt, sendNo: task.sendNo, due: record.endedAt };
  const finished = await /* mutation: finish-delivery-owner */ ofMerchant(db, task.userId)
    .updateTable(["notify_queue as n", "notify_attempts as a"])
    .set("n.status", after.status)
    .set("n.attempt", next.attempt)
    .set("n.send_no", next.sendNo)
    .set("n.due_at", next.due)
    .set("n.lease_until", null)
    .set("n.hinted_at", null)
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
    .where("a.send_no", "=", task.sendNo)
    .executeTakeFirstOrThrow();
  return finished.numUpdatedRows > 0n;
}
