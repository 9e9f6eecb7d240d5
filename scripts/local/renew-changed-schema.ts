import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createConnection } from "mysql2/promise";

const migration = path.resolve(import.meta.dirname, "../../lib/storage/migrations/0001-schema.ts");

/**
 * Until the first release the schema is one migration file that is edited in place, so an older database cannot be
 * migrated: it is dropped and created again. Returns whether that happened.
 */
export async function renewChangedSchema(databaseUrl: string, folder: string): Promise<boolean> {
  const file = path.join(folder, "schema");
  const now = createHash("sha256").update(readFileSync(migration)).digest("hex");
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  if (before === now) return false;
  if (before !== undefined) await recreateDatabase(databaseUrl);
  writeFileSync(file, now);
  return before !== undefined;
}

/** Drops the URL's database and creates it empty. */
export async function recreateDatabase(databaseUrl: string): Promise<void> {
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  const connection = await createConnection({ uri: databaseUrl });
  try {
    await connection.query("DROP DATABASE ??", [name]);
    await connection.query("CREATE DATABASE ?? CHARACTER SET utf8mb4", [name]);
  } finally {
    await connection.end();
  }
}
