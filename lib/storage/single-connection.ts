import type { MysqlPool, MysqlPoolConnection } from "kysely";
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type QueryError,
  type QueryOptions,
} from "mysql2";
import { reach } from "../failpoint.ts";
import { semaphore } from "../semaphore.ts";
import { closedByServer, readOnlyServer, statementTimedOut } from "../transient.ts";

/** A connection that was idle for longer is replaced: the server ends it at 60 s (`wait_timeout`). */
const longestIdleMs = 45_000;
const connectTimeoutMs = 3_000;

/** The account was changed (a rotated secret): ask for the credentials again. */
const accessDenied = new Set([1045, 1698, 3118]);

export type ConnectionSource = (fresh: boolean) => Promise<ConnectionOptions>;

export type ConnectionLimits = {
  /** A longer wait means that another caller never returned the connection: the waiting caller is rejected. */
  waitMs: number;
  /** Longer than any of our statements takes, lock waits included: the server does not respond any more. */
  statementMs: number;
};

/**
 * A pool of exactly one connection: a Lambda execution environment serves one event at a time. It replaces a connection
 * that is broken or was idle for too long. If a reused connection turns out to be dead (the environment was frozen, or
 * the server restarted), a first statement that only reads or begins a transaction is repeated once on a new
 * connection.
 */
export function singleConnectionPool(
  source: ConnectionSource,
  { waitMs, statementMs }: ConnectionLimits = { waitMs: 2_000, statementMs: 8_000 },
): MysqlPool {
  const turns = semaphore(1, waitMs);
  let current: Connection | undefined;
  let idleSince = 0;

  const drop = (connection: Connection) => {
    if (current === connection) current = undefined;
    connection.destroy();
  };

  async function reserve(): Promise<MysqlPoolConnection> {
    if (!(await turns.enter()))
      throw Object.assign(new Error("the database connection is busy"), { code: "CONNECTION_BUSY" });
    try {
      if (current && (isBroken(current) || performance.now() - idleSince > longestIdleMs)) drop(current);
      const reused = current !== undefined;
      current ??= await open(source);
      return lend(current, reused);
    } catch (error) {
      turns.release();
      throw error;
    }
  }

  /** One reservation of the connection, in the form that Kysely expects. */
  function lend(first: Connection, reused: boolean): MysqlPoolConnection {
    let connection = first;
    let untouched = reused;
    let inUse = true;

    async function run(sql: string, parameters: unknown[]): Promise<unknown> {
      const repeatable =
        /* mutation: connection-untouched */ untouched &&
        /* mutation: connection-repeatable */ /^\s*(select|begin)\b/i.test(sql);
      untouched = false;
      try {
        if (process.env.FAILPOINTS) await reach("before", `sql ${sql}`);
        const result = await ask(connection, {
          sql,
          values: parameters,
          /* mutation: connection-statement-time */ timeout: statementMs,
        });
        if (process.env.FAILPOINTS) await reach("after", `sql ${sql}`);
        return result;
      } catch (error) {
        if (!endsConnection(error, connection)) throw error;
        drop(connection);
        // The transaction ended with its connection: every later statement, ROLLBACK included, fails in the same way.
        if (!repeatable) throw asLost(error);
      }
      connection = current = await open(source);
      return run(sql, parameters);
    }

    return {
      query(sql: string, parameters: unknown[], callback: QueryCallback) {
        run(sql, parameters).then((result) => callback(null, result), callback);
      },
      release() {
        if (!inUse) return;
        inUse = false;
        idleSince = performance.now();
        turns.release();
      },
      threadId: connection.threadId ?? 0,
      config: connection.config,
      connect() {},
      destroy: () => drop(connection),
    } as MysqlPoolConnection;
  }

  return {
    getConnection(callback) {
      reserve().then(
        (connection) => callback(null, connection),
        (error) => callback(error, undefined as never),
      );
    },
    end(callback) {
      if (current) drop(current);
      callback(null);
    },
  };
}

type QueryCallback = (error: unknown, result?: unknown) => void;

function ask(connection: Connection, statement: QueryOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(statement, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

function endsConnection(error: unknown, connection: Connection): boolean {
  const { fatal, errno = 0, code } = error as QueryError;
  return (
    fatal ||
    isBroken(connection) ||
    closedByServer.has(errno) ||
    /* mutation: connection-read-only */ readOnlyServer.has(errno) ||
    code === statementTimedOut
  );
}

/**
 * mysql2 sets no `code` for some of these server errors, nor for a statement on a connection that ended after the
 * statement before.
 */
function asLost(error: unknown): unknown {
  const { errno = 0, code } = error as QueryError;
  const isNamed = code !== undefined && !closedByServer.has(errno);
  return isNamed ? error : Object.assign(error as QueryError, { code: "PROTOCOL_CONNECTION_LOST" });
}

function isBroken(connection: Connection): boolean {
  return connection.state === "error" || connection.state === "disconnected";
}

async function open(source: ConnectionSource): Promise<Connection> {
  try {
    return await connect(await source(false));
  } catch (error) {
    if (!(error instanceof Error) || !("errno" in error) || !accessDenied.has(Number(error.errno)))
      throw error;
    return await connect(await source(/* mutation: connection-new-password */ true));
  }
}

async function connect(options: ConnectionOptions): Promise<Connection> {
  const connection = createConnection({
    connectTimeout: connectTimeoutMs,
    timezone: "Z",
    charset: "utf8mb4",
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    ...options,
  });
  // Without a listener, a connection that dies while idle would crash the process.
  connection.on("error", () => {});
  try {
    await assertReadCommitted(connection);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return connection;
}

/**
 * Under REPEATABLE READ, the checks in a transaction would see an old snapshot. MariaDB and MySQL name the variable
 * differently.
 */
function assertReadCommitted(connection: Connection): Promise<void> {
  const ask = "SHOW VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')";
  return new Promise((resolve, reject) => {
    connection.query(ask, (error, rows) => {
      if (error) return reject(error);
      const [row] = rows as { Value: string }[];
      if (row?.Value === /* mutation: connection-isolation */ "READ-COMMITTED") return resolve();
      reject(
        new Error(`the database must run at READ-COMMITTED, not ${row?.Value}: set transaction_isolation`),
      );
    });
  });
}
