import type { AfterSend, DeliveryTask, SendRecord } from "../../domain/delivery.ts";
import { type Database, insisting } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";

/**
 * Records the outcome of a try. `false`: the lease was lost, and the outcome belongs to its new holder. Repeated until
 * the lease ends, because an unrecorded success would be sent again.
 */
export function finishDelivery(
  db: Database,
  task: DeliveryTask,
  leaseToken: string,
  outcome: { record: SendRecord; after: AfterSend },
): Promise<boolean> {
  const patienceMs = task.leaseUntil.getTime() - outcome.record.endedAt.getTime();
  return insisting(patienceMs, () => finish(db, task, leaseToken, outcome));
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
