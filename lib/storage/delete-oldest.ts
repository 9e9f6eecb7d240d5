import { sql } from "kysely";
import { type Database, repeating } from "./database.ts";
import type { Tables } from "./tables.ts";

/** The tables whose rows are deleted after a time, each with the column of its age. */
const ages = {
  webhook_events: "received_at",
  unmatched_facts: "received_at",
  api_calls: "at",
} as const satisfies Partial<Record<keyof Tables, string>>;

export type PurgedTable = keyof typeof ages;

/**
 * Deletes at most `limit` rows older than `time`, the oldest first, and returns their number. It is one statement along the index by age, so that a sweeper that
 * is frozen half-way holds no row locks. With a list of ids, MariaDB may read the whole table and wait for the lock of
 * any of its rows.
 */
export async function deleteOldest(
  db: Database,
  table: PurgedTable,
  time: Date,
  limit: number,
): Promise<number> {
  const age = ages[table];
  const statement = sql`
    DELETE FROM ${sql.table(table)} WHERE ${sql.ref(age)} < ${time} ORDER BY ${sql.ref(age)} LIMIT ${limit}
  `;
  const { numAffectedRows } = await repeating(() => statement.execute(db));
  return Number(numAffectedRows);
}
