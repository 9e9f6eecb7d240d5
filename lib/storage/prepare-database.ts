import { type ConnectionOptions, createConnection, type RowDataPacket } from "mysql2/promise";
import type { MigrateEnvironment } from "../environment.ts";
import { connectionSource, readDatabaseSecret } from "./aws-credentials.ts";
import { migrate } from "./migrate.ts";

/** Migrates the schema and creates the functions' account, which may only read and write rows. */
export async function prepareDatabase(environment: MigrateEnvironment): Promise<void> {
  const source = connectionSource({
    host: environment.DB_HOST,
    port: environment.DB_PORT,
    database: environment.DB_NAME,
    tls: environment.DB_TLS === "on",
    secretArn: environment.DB_SECRET_ARN,
  });
  const owner = await source(false);
  const app = await readDatabaseSecret(environment.APP_SECRET_ARN);
  await migrate(owner);
  // A database server that is run by others may provide one account for both roles.
  if (app.username !== owner.user) await grantRows(owner, app);
}

async function grantRows(
  owner: ConnectionOptions,
  app: { username: string; password: string },
): Promise<void> {
  const connection = await createConnection(owner);
  try {
    const account = [app.username, "%"];
    await connection.query("CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?", [...account, app.password]);
    await connection.query("ALTER USER ?@? IDENTIFIED BY ?", [...account, app.password]);
    const [[row]] = await connection.query<RowDataPacket[]>("SELECT DATABASE() AS name");
    await connection.query("GRANT SELECT, INSERT, UPDATE, DELETE ON ??.* TO ?@?", [row?.name, ...account]);
  } finally {
    await connection.end();
  }
}
