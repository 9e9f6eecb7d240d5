import { createConnection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import { migrate } from "../../lib/storage/migrate.ts";
import { type Broken, brokenInvariants, type Query } from "../../scripts/invariants/invariants.ts";

/** A database in which violations are made, checked and rolled back. Every statement of one must change a row. */
export type Violated = {
  find(violation: string[], list: Parameters<typeof brokenInvariants>[2]): Promise<Broken[]>;
  close(): Promise<void>;
};

/** Copies the test's database without its unique keys, so that violations which they prevent are possible. */
export async function openViolated(kind: string, now: Date): Promise<Violated> {
  const original = new URL(process.env.DATABASE_URL!);
  const from = original.pathname.slice(1);
  const name = `${from}_${kind}`;
  const uri = Object.assign(new URL(original), { pathname: `/${name}` }).href;
  const server = await createConnection({ uri: original.href });
  await server.query(`DROP DATABASE IF EXISTS ${name}`);
  await server.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`);
  await migrate(uri);
  const [keys] = await server.query<RowDataPacket[]>(
    `SELECT table_name AS of_table, index_name AS name, non_unique AS repeats FROM information_schema.statistics
     WHERE table_schema = ? AND seq_in_index = 1 AND table_name NOT LIKE 'kysely%'`,
    [name],
  );
  const [fields] = await server.query<RowDataPacket[]>(
    `SELECT table_name AS of_table, column_name AS name FROM information_schema.columns
     WHERE table_schema = ? AND extra NOT LIKE '%GENERATED%'`,
    [name],
  );
  const columns = (table: string) =>
    fields.flatMap((field) => (field.of_table === table ? [`\`${field.name}\``] : [])).join(", ");
  for (const { of_table, name: key, repeats } of keys)
    if (!Number(repeats) && key !== "PRIMARY")
      await server.query(`ALTER TABLE ${name}.${of_table} DROP KEY ${key}`);
  for (const table of new Set(keys.map(({ of_table }) => String(of_table))))
    await server.query(
      `INSERT INTO ${name}.${table} (${columns(table)}) SELECT ${columns(table)} FROM ${from}.${table}`,
    );
  await server.end();

  const connection = await createConnection({ uri, timezone: "Z" });
  const query: Query = async (sql, values) => {
    const [rows] = await connection.query<RowDataPacket[]>(sql, values);
    return rows;
  };
  return {
    async find(violation, list) {
      await connection.beginTransaction();
      try {
        for (const sql of violation) {
          const text = sql.replace(/:now\b/g, connection.escape(now));
          const [done] = await connection.query<ResultSetHeader>(text);
          if (done.affectedRows === 0) throw new Error(`the statement changes no row: ${sql}`);
        }
        return await brokenInvariants(query, now, list);
      } finally {
        await connection.rollback();
      }
    },
    close: () => connection.end(),
  };
}
