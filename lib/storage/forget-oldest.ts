import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * Deletes the oldest rows, and answers how many. One statement along the index by age, so that a sweeper that is frozen
 * half-way keeps no row locked. By a list of ids MariaDB may read the whole table, and wait for whoever is at one of its
 * rows.
 */
export async function forgetOldest<Table extends keyof Tables>(
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
