import type { Rows } from "../steps/rows.ts";

/** Columns that do not count, by table. */
export type LeftOut = Record<string, string>;

/** A call with a valid key may change when that was used. */
const ofUse: LeftOut = { api_keys: "last_used_at" };

/** Each table's whole content in short; `api_logs`, where calls with a valid key are recorded, apart. */
export async function checksums(
  { query, checksums: ofAll }: Rows,
  leftOut: LeftOut = {},
): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const { Table, Checksum } of (await ofAll()) as { Table: string; Checksum: string }[]) {
    const table = Table.split(".")[1]!;
    if (table !== "api_logs") sums[table] = String(Checksum);
  }
  for (const [table, column] of Object.entries({ ...ofUse, ...leftOut })) {
    const rows = await query(`SELECT * FROM ${table} ORDER BY id`);
    sums[table] = JSON.stringify(rows.map(({ [column]: _, ...row }) => row));
  }
  return sums;
}
