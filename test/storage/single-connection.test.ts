import { Kysely, MysqlDialect, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type ConnectionLimits,
  type ConnectionSource,
  singleConnectionPool,
} from "../../lib/storage/single-connection.ts";
import { isTransient } from "../../lib/transient.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../steps/database-proxy.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { until } from "../steps/until.ts";
import { testDatabase } from "./connections.ts";

let rows: Rows;
let proxy: DatabaseProxy;
const opened: Kysely<unknown>[] = [];

beforeAll(async () => {
  rows = await openRows();
});
afterAll(() => rows.close());
beforeEach(async () => {
  proxy = await startDatabaseProxy(await testDatabase());
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.destroy()));
  proxy.stop();
});

const short: ConnectionLimits = { waitMs: 100, statementMs: 200 };

function open(source: ConnectionSource = () => testDatabase(proxy.port), limits?: ConnectionLimits) {
  const database = new Kysely<unknown>({
    dialect: new MysqlDialect({ pool: singleConnectionPool(source, limits) }),
  });
  opened.push(database);
  return database;
}

const one = (database: Kysely<unknown>) =>
  // To MySQL the literal is a BIGINT, which arrives as text.
  sql<{ one: number | string }>`SELECT 1 AS one`
    .execute(database)
    .then(({ rows: [row] }) => Number(row?.one));
const codeOf = (error: unknown) => (error as { code?: string }).code;
const connectionOf = async (database: Kysely<unknown>) =>
  (await sql<{ id: string }>`SELECT CONNECTION_ID() AS id`.execute(database)).rows[0]!.id;
/** Kills a connection and waits until the server no longer lists it. */
async function kill(id: string) {
  await rows.query(`KILL ${Number(id)}`);
  await until(
    async () =>
      (await rows.query("SELECT id FROM information_schema.processlist WHERE id = ?", [id])).length === 0,
  );
}

describe("a pool of one connection", () => {
  it("a single connection serves many simultaneous callers one after the other", async () => {
    const database = open();
    const ids = await Promise.all(Array.from({ length: 20 }, () => connectionOf(database)));
    expect(new Set(ids).size).toBe(1);
  });

  it("a single connection works again at once after an outage during which many callers waited", async () => {
    let away = true;
    const database = open(async () => {
      if (away) throw Object.assign(new Error("away"), { code: "ECONNREFUSED" });
      return testDatabase();
    });
    for (let round = 0; round < 3; round++) {
      const tried = await Promise.allSettled(Array.from({ length: 5 }, () => one(database)));
      expect(tried.map(({ status }) => status)).toEqual(Array(5).fill("rejected"));
    }
    away = false;
    expect(await Promise.all([one(database), one(database)])).toEqual([1, 1]);
  });

  it("a single connection is not lost to callers that were turned away while it was being opened", async () => {
    const opening = Promise.withResolvers<void>();
    const database = open(async () => {
      await opening.promise;
      return testDatabase();
    }, short);
    const first = one(database);
    const late = await Promise.allSettled([one(database), one(database)]);
    expect(late.map((result) => result.status === "rejected" && codeOf(result.reason))).toEqual([
      "CONNECTION_BUSY",
      "CONNECTION_BUSY",
    ]);
    opening.resolve();
    expect(await first).toBe(1);
    expect(await one(database)).toBe(1);
  });

  it("a second connection inside a transaction is refused, and the first one stays usable", async () => {
    const database = open(undefined, short);
    const inside = database.transaction().execute(() => one(database));
    await expect(inside).rejects.toMatchObject({ code: "CONNECTION_BUSY" });
    expect(await one(database)).toBe(1);
  });

  it.each(["SELECT 1", "BEGIN"])(
    "a connection that the server ended while it was idle is replaced before %s",
    async (statement) => {
      const database = open();
      await kill(await connectionOf(database));
      await sql.raw(statement).execute(database);
      expect(await one(database)).toBe(1);
    },
  );

  it("a connection to a silent server is replaced, and its statement counts as lost", async () => {
    let port = proxy.port;
    const database = open(() => testDatabase(port), short);
    await one(database);
    proxy.silence();
    port = Number(new URL(process.env.DATABASE_URL!).port);
    const write = sql`SET @any = 1`.execute(database);
    await expect(write).rejects.toSatisfy((error) => isTransient(error));
    expect(await one(database)).toBe(1);
  });

  it.each([1290, 1836])(
    "a connection is replaced when its server accepts no writes any more: error %i",
    async (errno) => {
      const database = open();
      const before = await connectionOf(database);
      const refused = sql.raw(`SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}`).execute(database);
      await expect(refused).rejects.toSatisfy((error) => isTransient(error));
      expect(await connectionOf(database)).not.toBe(before);
    },
  );

  it("a connection is opened with fresh credentials when the cached ones are refused", async () => {
    const requested: boolean[] = [];
    const database = open(async (fresh) => {
      requested.push(fresh);
      return { ...(await testDatabase()), ...(!fresh && { password: "of yesterday" }) };
    });
    expect(await one(database)).toBe(1);
    expect(requested).toEqual([false, true]);
  });
});

describe("connections lost inside a transaction", () => {
  async function failureWhen(how: "killed" | "killed and noticed" | "answer lost") {
    const database = open();
    const id = await connectionOf(database);
    const work = database.transaction().execute(async (trx) => {
      await one(trx as Kysely<unknown>);
      if (how !== "answer lost") await kill(id);
      // After this failing statement the connection is known to have ended.
      if (how === "killed and noticed") await sql`SELECT 1`.execute(trx).catch(() => {});
      const lost = how === "answer lost" ? proxy.loseAnswerTo(/1 AS two/) : undefined;
      await sql`SELECT 1 AS two`.execute(trx);
      await lost;
    });
    const failure = await work.catch((error: unknown) => error);
    expect(await one(database)).toBe(1);
    return failure;
  }

  it.each(["killed", "killed and noticed", "answer lost"] as const)(
    "a connection lost inside a transaction is reported as lost, not as a failed ROLLBACK: %s",
    async (how) => {
      const failure = await failureWhen(how);
      expect(isTransient(failure)).toBe(true);
      expect(codeOf(failure)).toMatch(/^(PROTOCOL_CONNECTION_LOST|ECONNRESET|EPIPE)$/);
    },
  );

  it("a connection that ends between two statements of a transaction is reported as lost", async () => {
    const database = open();
    const failure = await database
      .transaction()
      .execute(async (trx) => {
        await one(trx as Kysely<unknown>);
        proxy.stop();
        for (;;) await one(trx as Kysely<unknown>);
      })
      .catch((error: unknown) => error);
    expect(isTransient(failure)).toBe(true);
  });

  it("a transaction on a lost connection does not continue on a new one", async () => {
    const database = open();
    await one(database);
    const transaction = database.transaction().execute(async (trx) => {
      await one(trx as Kysely<unknown>);
      const lost = proxy.loseAnswerTo(/1 AS two/);
      await sql`SELECT 1 AS two`.execute(trx).catch(() => {});
      await lost;
      return sql`SELECT 1 AS three`.execute(trx);
    });
    await expect(transaction).rejects.toSatisfy((error) => isTransient(error));
    expect(proxy.statements.filter((statement) => statement.includes("three"))).toEqual([]);
  });
});
