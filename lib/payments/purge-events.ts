import { secondsAfter } from "../clock.ts";
import type { Gateway } from "../gateway.ts";
import { currentInvocation } from "../invocation.ts";
import type { Database } from "../storage/database.ts";
import { deleteOldest, type PurgedTable } from "../storage/delete-oldest.ts";

const retentionSeconds = 30 * 24 * 3600;
const perSweep = 5_000;
/** Few, because another sweeper waits for as long as a pass takes. */
const perPass = 500;
const leastRemainingMs = 15_000;

/**
 * Deletes verified events, which contain buyers' data, a month after receipt: until then they can be replayed, and no
 * provider repeats an event for longer. Besides them only records of API calls are deleted. Orders, refunds,
 * timelines, deliveries and their attempts are needed by merchants and auditors for years, and their unique keys make
 * late repeats harmless: a deleted row could happen again.
 */
export function purgeEvents({ clock, db }: Gateway): Promise<number> {
  return purgeBefore(db, "webhook_events", secondsAfter(clock.now(), -retentionSeconds));
}

/** Deletes the oldest rows, at most 5,000 and only while there is time. */
export async function purgeBefore(db: Database, table: PurgedTable, time: Date): Promise<number> {
  let deleted = 0;
  while (deleted < perSweep && currentInvocation().remainingMs() > leastRemainingMs) {
    const count = await deleteOldest(db, table, time, perPass);
    deleted += count;
    if (count < perPass) break;
  }
  return deleted;
}
