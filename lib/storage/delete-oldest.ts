import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * Deletes the oldest rows and returns their number. It is one statement along the index by age, so that a sweeper that
 * is frozen half-way holds no row locks. With a list of ids, MariaDB may read the whole table and wait for the lock of
 * any of its rows.
 */
export async function deleteOldest<Table extends keyof Tables>(
  db: Database,
  table: Table,
  age: keyof Tables[Table] & string,
  time: Date,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM ${sql.table(table)} WHERE ${sql.ref(age)} < ${time} ORDER BY ${sql.ref(age)} LIMIT ${limit}
  `.execute(db);
  return Number(numAffectedRows);
}
