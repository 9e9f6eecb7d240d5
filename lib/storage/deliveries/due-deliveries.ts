import { type ExpressionBuilder, sql } from "kysely";
import { secondsAfter } from "../../clock.ts";
import { wakeUpLifeSeconds } from "../../domain/delivery-schedule.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import { type Database, type OpenTransaction, transact } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import type { Tables } from "../tables.ts";

const wakeUpColumns = ["id", "user_id", "generation", "attempt"] as const;
const wakeUpOf = (row: { id: string; user_id: string; generation: number; attempt: number }): WakeUp => ({
  taskId: row.id,
  userId: row.user_id,
  generation: row.generation,
  attempt: row.attempt,
});

/**
 * The next due row of an endpoint without a recent wake-up; it is marked as woken, so that each free place gets another
 * row.
 */
export async function nextDueDelivery(db: Database, endpoint: string, now: Date): Promise<WakeUp | null> {
  // Most endpoints have no other due row; this read then saves a transaction.
  if (!(await dueAt(db, endpoint, now).executeTakeFirst())) return null;
  return transact(db, (trx) => markNext(trx, endpoint, now));
}

async function markNext(trx: OpenTransaction, endpoint: string, now: Date): Promise<WakeUp | null> {
  const row = await dueAt(trx, endpoint, now)
    // mutation: place-skips-locked
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!row) return null;
  await ofMerchant(trx, row.user_id)
    .updateTable("deliveries")
    .set({ woken_at: now })
    .where("id", "=", row.id)
    .execute();
  return wakeUpOf(row);
}

/** Across merchants: an endpoint is one merchant's URL. */
function dueAt(db: Database | OpenTransaction, endpoint: string, now: Date) {
  return acrossMerchants(db)
    .selectFrom("deliveries")
    .select(wakeUpColumns)
    .where("endpoint", "=", endpoint)
    .where("status", "=", "pending")
    .where("due_at", "<=", now)
    .where(notWokenSince(secondsAfter(now, -wakeUpLifeSeconds)))
    .orderBy("due_at")
    .limit(1);
}

type TakeLimits = { total: number; perEndpoint: number; wokenBefore: Date };

/**
 * Takes due deliveries for the sweeper and marks them as woken. Any number of sweepers may run in parallel: rows that
 * one has locked, the others skip. The limit per endpoint applies before the locks, so that an endpoint with more due
 * rows than one pass takes delays no other endpoint. Across merchants, because the sweeper works for all of them.
 */
export const takeDueDeliveries = (db: Database, now: Date, limits: TakeLimits): Promise<WakeUp[]> =>
  transact(db, (trx) => takeDue(trx, now, limits));

/** Clears the mark of wake-ups that were not sent. Across merchants: the sweeper marks the rows of all of them. */
export async function unmarkWoken(db: Database, wakeUps: WakeUp[]): Promise<void> {
  if (wakeUps.length === 0) return;
  const ids = wakeUps.map((wakeUp) => wakeUp.taskId);
  await acrossMerchants(db)
    .updateTable("deliveries")
    .set({ woken_at: null })
    .where("id", "in", ids)
    .execute();
}

async function takeDue(trx: OpenTransaction, now: Date, limits: TakeLimits): Promise<WakeUp[]> {
  const rows = acrossMerchants(trx);
  const candidates = await rows
    .selectFrom((eb) =>
      eb
        .selectFrom("deliveries")
        .select(["id", "due_at"])
        .select(sql<number>`ROW_NUMBER() OVER (PARTITION BY endpoint ORDER BY due_at, id)`.as("place"))
        .where(isDue(now))
        .where(notWokenSince(limits.wokenBefore))
        .as("due"),
    )
    .select("id")
    // mutation: sweep-per-endpoint
    .where("place", "<=", limits.perEndpoint)
    .orderBy("due_at")
    .limit(limits.total)
    .execute();
  if (candidates.length === 0) return [];
  const due = await rows
    .selectFrom("deliveries")
    .select(wakeUpColumns)
    .where("id", "in", ids(candidates))
    .where(isDue(now))
    .where(notWokenSince(limits.wokenBefore))
    // mutation: sweep-skips-locked
    .forUpdate()
    .skipLocked()
    .execute();
  if (due.length === 0) return [];
  await rows.updateTable("deliveries").set({ woken_at: now }).where("id", "in", ids(due)).execute();
  return due.map(wakeUpOf);
}

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

type DeliveryRow = ExpressionBuilder<Tables, "deliveries">;

/** Pending and due, or `sending` with an expired lease (its sender died). */
export const isDue = (now: Date) => (eb: DeliveryRow) =>
  eb.or([
    eb.and([eb("status", "=", "pending"), /* mutation: sweep-due */ eb("due_at", "<=", now)]),
    // mutation: sweep-dead-sender
    eb.and([eb("status", "=", "sending"), eb("lease_until", "<", now)]),
  ]);

const notWokenSince = (time: Date) => (eb: DeliveryRow) =>
  eb.or([eb("woken_at", "is", null), /* mutation: sweep-woken */ eb("woken_at", "<=", time)]);
