import path from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startDatabase } from "../../scripts/local/services/database.ts";
import type { LocalServer } from "../../scripts/local/services/local-server.ts";
import { reachable } from "./reachable.ts";

describe("local database", () => {
  let database: LocalServer;

  async function query(sql: string): Promise<RowDataPacket[]> {
    const connection = await createConnection({ uri: database.url });
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      await connection.end();
    }
  }

  beforeAll(async () => {
    database = await startDatabase({ dir: path.join(inject("runFolder"), `own-database-${process.pid}`) });
  });
  afterAll(() => database?.stop());

  it("the local database has production's settings where the gateway depends on them", async () => {
    const names = ["transaction_isolation", "tx_isolation", "innodb_lock_wait_timeout"];
    names.push("innodb_rollback_on_timeout", "wait_timeout", "time_zone");
    const rows = await query(`show variables where variable_name in ('${names.join("', '")}')`);
    // MariaDB 10 has only the old name of the isolation level
    const current = (name: string) => name.replace("tx_", "transaction_");
    const settings = Object.fromEntries(rows.map((row) => [current(row.Variable_name), row.Value]));
    expect(settings).toEqual({
      transaction_isolation: "READ-COMMITTED",
      innodb_lock_wait_timeout: "3",
      innodb_rollback_on_timeout: "ON",
      wait_timeout: "60",
      time_zone: "+00:00",
    });
  });

  it("a killed local database restarts on the same port with the committed data", async () => {
    await query("create table kept (id int primary key)");
    await query("insert into kept values (7)");
    const { url, pid } = database;
    await database.kill();
    await expect(query("select 1")).rejects.toThrow("ECONNREFUSED");
    await database.restart();
    expect(database.url).toBe(url);
    expect(database.pid).not.toBe(pid);
    expect(await query("select id from kept")).toEqual([{ id: 7 }]);
  });

  it("the local database has its own temporary folder, where no other starting server deletes its tables", async () => {
    const [variable] = await query("select @@tmpdir as tmpdir");
    expect(variable?.tmpdir).toContain(`own-database-${process.pid}`);
  });

  it("the local database is reachable from this machine only", async () => {
    expect(await reachable("127.0.0.1", database.port)).toBe(true);
    expect(await reachable("127.0.0.2", database.port)).toBe(false);
  });
});
