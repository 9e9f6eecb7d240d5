import type { Rows } from "../steps/rows.ts";

/** By table: a column to ignore. */
export type LeftOut = Record<string, string>;

/** A call with a valid key updates the time of its last use. */
const ofUse: LeftOut = { api_keys: "last_used_at" };

/** A checksum of every table except `api_calls`, where every call with a valid key is recorded. */
export async function checksums(
  { query, checksums: ofAll }: Rows,
  leftOut: LeftOut = {},
): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const { Table, Checksum } of (await ofAll()) as { Table: string; Checksum: string }[]) {
    const table = Table.split(".")[1]!;
    if (table !== "api_calls") sums[table] = String(Checksum);
  }
  for (const [table, column] of Object.entries({ ...ofUse, ...leftOut })) {
    const rows = await query(`SELECT * FROM ${table} ORDER BY id`);
    sums[table] = JSON.stringify(rows.map(({ [column]: _, ...row }) => row));
  }
  return sums;
}
