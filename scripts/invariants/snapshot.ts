import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { Query } from "./invariants.ts";

/** Runs `work` on a consistent snapshot of a database, in a read-only transaction that takes no locks. */
export async function withSnapshot<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  const connection = await createConnection({
    uri: url,
    timezone: "Z",
    charset: "utf8mb4",
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  try {
    // At READ COMMITTED, the server's default here, every statement would read a snapshot of its own.
    await connection.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    return await work(async (sql, values) => {
      const [rows] = await connection.query<RowDataPacket[]>(sql, values);
      return rows;
    });
  } finally {
    connection.destroy();
  }
}
