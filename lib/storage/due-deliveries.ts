import { type ExpressionBuilder, sql } from "kysely";
import { secondsAfter } from "../clock.ts";
import { hintLifeSeconds } from "../notify/schedule.ts";
import type { Hint } from "../payment/ports.ts";
import type { Database, OpenTransaction } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import type { Tables } from "./tables.ts";

const hintColumns = ["id", "user_id", "generation", "attempt"] as const;
const hintOf = (row: { id: string; user_id: string; generation: number; attempt: number }): Hint => ({
  taskId: row.id,
  userId: row.user_id,
  generation: row.generation,
  attempt: row.attempt,
});

/** An endpoint's next due row that nobody was hinted about lately, marked as hinted. */
export async function nextDue(trx: OpenTransaction, endpoint: string, now: Date): Promise<Hint | null> {
  const row = await dueAt(trx, endpoint, now)
    // mutation: place-skips-locked
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!row) return null;
  await ofMerchant(trx, row.user_id)
    .updateTable("notify_queue")
    .set({ hinted_at: now })
    .where("id", "=", row.id)
    .execute();
  return hintOf(row);
}

export async function hasDue(db: Database, endpoint: string, now: Date): Promise<boolean> {
  return (await dueAt(db, endpoint, now).executeTakeFirst()) !== undefined;
}

/** Across merchants: an endpoint is one merchant's URL. */
function dueAt(db: Database | OpenTransaction, endpoint: string, now: Date) {
  return acrossMerchants(db)
    .selectFrom("notify_queue")
    .select(hintColumns)
    .where("endpoint", "=", endpoint)
    .where("status", "=", "pending")
    .where("due_at", "<=", now)
    .where(notHintedSince(secondsAfter(now, -hintLifeSeconds)))
    .orderBy("due_at")
    .limit(1);
}

type TakeLimits = { total: number; perEndpoint: number; hintedBefore: Date };

/**
 * T8. Any number of sweepers in parallel: what one has locked, the others skip. The places are given before the locks, so
 * that an endpoint with more due rows than a pass takes keeps no other endpoint waiting. Across merchants, because a
 * sweeper works for all.
 */
export async function takeDue(trx: OpenTransaction, now: Date, limits: TakeLimits): Promise<Hint[]> {
  const rows = acrossMerchants(trx);
  const candidates = await rows
    .selectFrom((eb) =>
      eb
        .selectFrom("notify_queue")
        .select(["id", "due_at"])
        .select(sql<number>`ROW_NUMBER() OVER (PARTITION BY endpoint ORDER BY due_at, id)`.as("place"))
        .where(isDue(now))
        .where(notHintedSince(limits.hintedBefore))
        .as("due"),
    )
    .select("id")
    // mutation: sweep-per-endpoint
    .where("place", "<=", limits.perEndpoint)
    .orderBy("due_at")
    .limit(limits.total)
    .execute();
  if (candidates.length === 0) return [];
  const taken = await rows
    .selectFrom("notify_queue")
    .select(hintColumns)
    .where("id", "in", ids(candidates))
    .where(isDue(now))
    .where(notHintedSince(limits.hintedBefore))
    // mutation: sweep-skips-locked
    .forUpdate()
    .skipLocked()
    .execute();
  if (taken.length === 0) return [];
  await rows.updateTable("notify_queue").set({ hinted_at: now }).where("id", "in", ids(taken)).execute();
  return taken.map(hintOf);
}

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

type NotifyQueue = ExpressionBuilder<Tables, "notify_queue">;

/** Waits for a send, or has lost the one who had begun. */
export const isDue = (now: Date) => (eb: NotifyQueue) =>
  eb.or([
    eb.and([eb("status", "=", "pending"), /* mutation: sweep-due */ eb("due_at", "<=", now)]),
    // mutation: sweep-dead-sender
    eb.and([eb("status", "=", "sending"), eb("lease_until", "<", now)]),
  ]);

const notHintedSince = (time: Date) => (eb: NotifyQueue) =>
  eb.or([eb("hinted_at", "is", null), /* mutation: sweep-hinted */ eb("hinted_at", "<=", time)]);
