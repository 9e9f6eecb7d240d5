import { secondsAfter } from "../clock.ts";
import type { Gateway } from "../gateway.ts";
import { currentInvocation } from "../invocation.ts";
import { deleteOldest, type PurgedTable } from "../storage/delete-oldest.ts";

/**
 * The only rows that are ever deleted, and after how many days. Orders, refunds, timelines, deliveries and their attempts
 * are needed by merchants and auditors for years, and their unique keys make late repeats harmless: a deleted row could
 * happen again.
 */
const retentionDays: Record<PurgedTable, number> = {
  // They contain buyers' data. Until then they can be replayed, and no provider repeats an event for longer.
  webhook_events: 30,
  unmatched_facts: 30,
  // They cover a merchant's quarterly closing.
  api_calls: 90,
};
const perSweep = 5_000;
/** Few, because another sweeper waits for as long as a pass takes. */
const perPass = 500;
const leastRemainingMs = 15_000;

/** Deletes a table's oldest rows, at most 5,000 and only while there is time; returns their number. */
export async function purge({ clock, db }: Gateway, table: PurgedTable): Promise<number> {
  const before = secondsAfter(clock.now(), -retentionDays[table] * 24 * 3600);
  let deleted = 0;
  while (deleted < perSweep && currentInvocation().remainingMs() > leastRemainingMs) {
    const count = await deleteOldest(db, table, before, perPass);
    deleted += count;
    if (count < perPass) break;
  }
  return deleted;
}
