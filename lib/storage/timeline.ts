import type { Notification } from "../domain/notification.ts";
import type { Payment } from "../domain/payment.ts";
import type { LogEntry } from "../domain/timeline.ts";
import type { WakeUp } from "../domain/wake-up.ts";
import { type Database, isDuplicate, type OpenTransaction } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";

/** Writes one line of a payment's timeline; inside a transaction, it commits with the change that it describes. */
export async function addLog(
  db: Database | OpenTransaction,
  payment: Payment,
  entry: LogEntry,
): Promise<void> {
  await ofMerchant(db, payment.userId)
    .insertInto("payment_logs")
    .values({
      order_id: payment.id,
      at: entry.at,
      kind: entry.kind,
      title: entry.title.slice(0, 255),
      data: JSON.stringify(entry.data),
    })
    .execute();
}

/**
 * Inserts the outbox row for an event of a payment or refund, in the transaction that makes the event true. That
 * transaction's WHERE clause lets each event happen once. A refund can reach the same final status again; that starts
 * the next generation of its series.
 */
export async function addNotification(
  trx: OpenTransaction,
  payment: Payment,
  notification: Notification | null,
  now: Date,
  generation = 1,
): Promise<WakeUp | null> {
  if (notification === null) return null;
  try {
    const { insertId } = await ofMerchant(trx, payment.userId)
      .insertInto("deliveries")
      .values({
        order_id: payment.id,
        subject_type: notification.subject.type,
        subject_id: notification.subject.id,
        event: notification.event,
        generation,
        event_id: notification.eventId,
        url: notification.url,
        endpoint: notification.endpoint,
        payload: notification.payload,
        due_at: now,
        created_at: now,
        updated_at: now,
      })
      .executeTakeFirstOrThrow();
    return { taskId: String(insertId), userId: payment.userId, generation, attempt: 1 };
  } catch (error) {
    if (!isDuplicate(error, /* mutation: notification-once */ "series")) throw error;
    const { subject, event } = notification;
    const last = await lastGeneration(trx, payment.userId, { type: subject.type, id: subject.id, event });
    return addNotification(trx, payment, notification, now, last + 1);
  }
}

/** The newest generation of a series, resends included. */
export async function lastGeneration(
  trx: OpenTransaction,
  userId: string,
  series: { type: string; id: string; event: string },
): Promise<number> {
  const { last } = await ofMerchant(trx, userId)
    .selectFrom("deliveries")
    .select((eb) => eb.fn.max("generation").as("last"))
    .where("subject_type", "=", series.type)
    .where("subject_id", "=", series.id)
    .where("event", "=", series.event)
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
}

/** All lines of a payment with the attempts of its notifications, oldest first. */
export async function readTimeline(db: Database, payment: Payment): Promise<LogEntry[]> {
  const rows = ofMerchant(db, payment.userId);
  const logs = await rows
    .selectFrom("payment_logs")
    .select(["at", "kind", "title", "data"])
    .where("order_id", "=", payment.id)
    .orderBy("id")
    .execute();
  const deliveries = await rows
    .selectFrom("delivery_attempts as a")
    .innerJoin("deliveries as n", "n.id", "a.task_id")
    .select(["a.started_at", "a.attempt", "a.outcome", "a.http_status", "n.event", "n.event_id", "a.answer"])
    .where("n.order_id", "=", payment.id)
    .orderBy("a.id")
    .execute();
  const entries: LogEntry[] = [
    {
      at: payment.createdAt,
      kind: "created",
      title: "payment created",
      data: { out_trade_no: payment.outTradeNo },
    },
    ...logs.map((row) => ({ ...row, data: JSON.parse(row.data) })),
    ...deliveries.map((row) => ({
      at: row.started_at,
      kind: "delivery",
      title: `${row.event}, attempt ${row.attempt}: ${row.outcome ?? "under way"}`,
      data: {
        event: row.event,
        event_id: row.event_id,
        attempt: row.attempt,
        outcome: row.outcome,
        http_status: row.http_status,
        answer: row.answer,
      },
    })),
  ];
  return entries.sort((a, b) => a.at.getTime() - b.at.getTime());
}
