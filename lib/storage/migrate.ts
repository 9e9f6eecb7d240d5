import { Kysely, MysqlDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { createPool, type PoolOptions } from "mysql2";
import * as schema from "./migrations/0001-schema.ts";

/** In the order of their names. Imported, not read from a folder, so that they survive bundling. */
const migrations: Record<string, Migration> = { "0001-schema": schema };

/** Brings the database up to date; Kysely's lock lets only one of several callers do it. */
export async function migrate(connection: string | PoolOptions): Promise<void> {
  const options = typeof connection === "string" ? { uri: connection } : connection;
  const db = new Kysely<unknown>({
    dialect: new MysqlDialect({ pool: createPool({ ...options, connectionLimit: 2 }) }),
  });
  try {
    const { error, results = [] } = await new Migrator({
      db,
      provider: { getMigrations: async () => migrations },
    }).migrateToLatest();
    const failed = results.find((result) => result.status === "Error");
    if (error) {
      const which = failed ? `migration ${failed.migrationName}` : "the migration";
      const why = error instanceof Error ? error.message : String(error);
      // Callers that must not show the message can still show the code.
      const { code } = error as { code?: string };
      throw Object.assign(new Error(`${which} failed: ${why}`, { cause: error }), { code });
    }
  } finally {
    await db.destroy();
  }
}
