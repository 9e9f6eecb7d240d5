import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { Query } from "./invariants.ts";

/** Lets `work` read one moment of a database, in a transaction that can write nothing and locks nothing. */
export async function withSnapshot<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  const connection = await createConnection({
    uri: url,
    timezone: "Z",
    charset: "utf8mb4",
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  try {
    // At the server's READ COMMITTED every statement would see another moment.
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
