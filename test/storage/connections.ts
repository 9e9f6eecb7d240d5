import { type Database, openDatabase } from "../../lib/storage/database.ts";

/** Connection options of the test database, as the gateway's connection source returns them; `port`: of a proxy. */
export async function testDatabase(port?: number) {
  const url = new URL(process.env.DATABASE_URL!);
  return {
    host: url.hostname,
    port: port ?? Number(url.port),
    user: url.username,
    password: url.password,
    database: url.pathname.slice(1),
  };
}

/** Runs with `count` separate connections, as separate execution environments have. */
export async function withDatabases<T>(
  count: number,
  run: (databases: Database[]) => Promise<T>,
): Promise<T> {
  const databases = Array.from({ length: count }, () => openDatabase(() => testDatabase()));
  try {
    return await run(databases);
  } finally {
    await Promise.all(databases.map((database) => database.destroy()));
  }
}
