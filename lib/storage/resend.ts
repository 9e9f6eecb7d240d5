import { sql } from "kysely";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "./database.ts";
import type { NotifyStatus } from "./tables.ts";
import { lastGeneration } from "./timeline.ts";

/**
 * A new delivery series of an event that was told before: the next generation, with the same id and the same bytes. Older
 * generations of that id are superseded, whatever became of them. `null`: there is no such event, or (with `only`) its
 * newest generation stands at none of these statuses, so somebody has been faster.
 */
export async function resend(
  db: Database,
  payment: Payment,
  eventId: string | null,
  now: Date,
  only?: readonly NotifyStatus[],
): Promise<Hint | null> {
  try {
    return await transact(db, (trx) => resendOnce(trx, payment, eventId, { now, only }));
  } catch (error) {
    // Two at once: the other one's series is as good.
    if (isDuplicate(error, "series"))
      return transact(db, async (trx) => (await newest(trx, payment, eventId))?.hint ?? null);
    throw error;
  }
}

async function resendOnce(
  trx: OpenTransaction,
  payment: Payment,
  eventId: string | null,
  { now, only }: { now: Date; only: readonly NotifyStatus[] | undefined },
): Promise<Hint | null> {
  const last = await newest(trx, payment, eventId);
  if (!last) return null;
  const generation = (await lastGeneration(trx, payment.userId, last.series)) + 1;
  const made = await sql`
    INSERT INTO notify_queue (user_id, order_id, subject_type, subject_id, event, generation, event_id, url, endpoint,
      payload, due_at, created_at, updated_at)
    SELECT user_id, order_id, subject_type, subject_id, event, ${generation}, event_id, url, endpoint, payload,
      ${now}, ${now}, ${now}
    FROM notify_queue WHERE id = ${last.hint.taskId} AND user_id = ${payment.userId}
      ${only ? sql`AND status IN (${sql.join(only)})` : sql``}`.execute(trx);
  if (made.numAffectedRows === 0n) return null;
  await sql`
    UPDATE notify_queue old JOIN notify_queue last ON last.id = ${last.hint.taskId}
    SET old.status = 'superseded', old.lease_token = NULL, old.lease_until = NULL, old.updated_at = ${now}
    WHERE old.subject_type = last.subject_type AND old.subject_id = last.subject_id AND old.event = last.event
      AND old.event_id = last.event_id AND old.generation < ${generation} AND old.user_id = ${payment.userId}`.execute(
    trx,
  );
  return { ...last.hint, taskId: String(made.insertId), generation, attempt: 1 };
}

async function newest(trx: OpenTransaction, payment: Payment, eventId: string | null) {
  const row = await trx
    .selectFrom("notify_queue")
    .select(["id", "user_id", "generation", "attempt", "subject_type", "subject_id", "event"])
    .where("order_id", "=", payment.id)
    .where("user_id", "=", payment.userId)
    .$if(eventId !== null, (query) => query.where("event_id", "=", eventId))
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  const { id: taskId, user_id: userId, generation, attempt } = row;
  const hint: Hint = { taskId, userId, generation, attempt };
  return { hint, series: { type: row.subject_type, id: row.subject_id, event: row.event } };
}
