import { createConnection, type RowDataPacket } from "mysql2/promise";

export type Row = Record<string, unknown>;

/** Reads and changes the tables on the test's own connection, without the gateway and its proxies. */
export async function openRows(url = process.env.DATABASE_URL!) {
  const connection = await createConnection({
    uri: url,
    timezone: "Z",
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  // The server closes connections that are idle for a minute; a test may leave this one idle for longer.
  await connection.query("SET SESSION wait_timeout = 86400");

  async function query<T = Row>(sql: string, values: unknown[] = []): Promise<T[]> {
    const [rows] = await connection.query<RowDataPacket[]>(sql, values);
    return rows as T[];
  }

  async function tables(): Promise<string[]> {
    const rows = await query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  }

  return {
    query,
    order: async (orderNo: unknown) =>
      (await query("SELECT * FROM payment_orders WHERE order_no = ?", [orderNo]))[0]!,
    /** The delivery rows of an order, oldest first. */
    notifications: (orderNo: unknown) =>
      query(
        `SELECT n.* FROM deliveries n JOIN payment_orders o ON o.id = n.order_id
         WHERE o.order_no = ? ORDER BY n.id`,
        [orderNo],
      ),
    sends: (orderNo: unknown) =>
      query(
        `SELECT a.* FROM delivery_attempts a JOIN deliveries n ON n.id = a.task_id
         JOIN payment_orders o ON o.id = n.order_id WHERE o.order_no = ? ORDER BY a.id`,
        [orderNo],
      ),
    /** The status changes in an order's timeline, oldest first. */
    statusLogs: async (orderNo: unknown) =>
      (
        await query<{ title: string; data: string }>(
          `SELECT l.title, l.data FROM payment_logs l JOIN payment_orders o ON o.id = l.order_id
           WHERE o.order_no = ? AND l.kind = 'status' ORDER BY l.id`,
          [orderNo],
        )
      ).map(({ data }) => JSON.parse(data) as { from: string; to: string }),
    anomalies: async (configId: string) =>
      (
        await query<{ kind: string; order_no: string | null; detail: string; times: number }>(
          "SELECT kind, order_no, detail, times FROM anomalies WHERE config_id = ? ORDER BY id",
          [configId],
        )
      ).map((row) => ({ ...row, detail: JSON.parse(row.detail) as Row })),
    /** The contents of all tables as one text. */
    async allText(): Promise<string> {
      const contents = [];
      for (const name of await tables()) contents.push(await query("SELECT * FROM ??", [name]));
      return JSON.stringify(contents);
    },
    /** The checksum of each table. */
    checksums: async () => query(`CHECKSUM TABLE ${(await tables()).join(", ")}`),
    close: () => connection.end(),
  };
}

export type Rows = Awaited<ReturnType<typeof openRows>>;
