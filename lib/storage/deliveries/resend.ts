import type { Payment } from "../../domain/payment.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import type { DeliveriesTable, DeliveryStatus } from "../tables.ts";
import { lastGeneration } from "../timeline.ts";

/**
 * Starts a new delivery series for an existing event: the next generation, with the same event id and the same bytes.
 * Older generations of that id become superseded, whatever their status. `null`: there is no such event, or (with
 * `only`) its newest generation has none of these statuses, because another caller was faster.
 */
export async function resend(
  db: Database,
  payment: Payment,
  eventId: string | null,
  now: Date,
  only?: readonly DeliveryStatus[],
): Promise<WakeUp | null> {
  try {
    return await transact(db, (trx) => resendOnce(trx, payment, eventId, { now, only }));
  } catch (error) {
    // Two concurrent resends: the series of the other one is as good.
    if (isDuplicate(error, /* mutation: resend-at-once */ "series"))
      return transact(db, async (trx) => (await newest(trx, payment, eventId))?.wakeUp ?? null);
    throw error;
  }
}

/** The columns that a new generation copies. */
const copied = [
  "order_id",
  "subject_type",
  "subject_id",
  "event",
  "event_id",
  "url",
  "endpoint",
  "payload",
] as const satisfies (keyof DeliveriesTable)[];

async function resendOnce(
  trx: OpenTransaction,
  payment: Payment,
  eventId: string | null,
  { now, only }: { now: Date; only: readonly DeliveryStatus[] | undefined },
): Promise<WakeUp | null> {
  const last = await newest(trx, payment, eventId);
  if (!last) return null;
  const generation = (await lastGeneration(trx, payment.userId, last.series)) + 1;
  const rows = ofMerchant(trx, payment.userId);
  const made = await rows
    .insertInto("deliveries")
    .columns([...copied, "generation", "due_at", "created_at", "updated_at"])
    .expression((eb) =>
      eb
        .selectFrom("deliveries")
        .select(/* mutation: resend-event-id */ [...copied, eb.val(generation).as("generation")])
        .select([eb.val(now).as("due_at"), eb.val(now).as("created_at"), eb.val(now).as("updated_at")])
        .where("id", "=", last.wakeUp.taskId)
        .$if(only !== undefined, (query) => query.where("status", "in", only!)),
    )
    .executeTakeFirstOrThrow();
  if (made.numInsertedOrUpdatedRows === 0n) return null;
  await rows
    .updateTable(["deliveries as old", "deliveries as last"])
    // mutation: resend-supersedes
    .set("old.status", "superseded")
    .set("old.lease_token", null)
    .set("old.lease_until", null)
    .set("old.updated_at", now)
    .where("last.id", "=", last.wakeUp.taskId)
    .whereRef("old.subject_type", "=", "last.subject_type")
    .whereRef("old.subject_id", "=", "last.subject_id")
    .whereRef("old.event", "=", "last.event")
    .whereRef("old.event_id", "=", "last.event_id")
    .where("old.generation", "<", generation)
    .execute();
  return { ...last.wakeUp, taskId: String(made.insertId), generation, attempt: 1 };
}

async function newest(trx: OpenTransaction, payment: Payment, eventId: string | null) {
  const row = await ofMerchant(trx, payment.userId)
    .selectFrom("deliveries")
    .select(["id", "user_id", "generation", "attempt", "subject_type", "subject_id", "event"])
    .where("order_id", "=", payment.id)
    // mutation: resend-named-event
    .$if(eventId !== null, (query) => query.where("event_id", "=", eventId))
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  const { id: taskId, user_id: userId, generation, attempt } = row;
  const wakeUp: WakeUp = { taskId, userId, generation, attempt };
  return { wakeUp, series: { type: row.subject_type, id: row.subject_id, event: row.event } };
}
