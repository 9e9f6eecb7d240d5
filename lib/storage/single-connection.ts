import type { MysqlPool, MysqlPoolConnection } from "kysely";
import { type Connection, type ConnectionOptions, createConnection, type QueryError } from "mysql2";

/** A connection that was idle for longer is replaced: the server ends it at 60 s (`wait_timeout`). */
const longestIdleMs = 45_000;
/** Waiting longer means that somebody holds the connection and never gives it back. */
const longestWaitMs = 2_000;
const connectTimeoutMs = 3_000;

/** The account was changed (a rotated secret): ask for the credentials again. */
const accessDenied = new Set([1045, 1698, 3118]);
/** The server has become a read-only replica: another connection may reach the new writer. */
const readOnly = new Set([1290, 1836]);

export type ConnectionSource = (fresh: boolean) => Promise<ConnectionOptions>;

type Waiter = { give: (connection: MysqlPoolConnection) => void; fail: (error: unknown) => void };

/**
 * A pool of exactly one connection, which is what an execution environment needs: it serves one event at a time.
 * Replaces what is broken or was idle for too long; a statement that only reads or begins a transaction is repeated once
 * on a new connection when an idle one turns out to be dead (the environment was frozen, or the server restarted).
 */
export function singleConnectionPool(source: ConnectionSource): MysqlPool {
  let current: Connection | undefined;
  let idleSince = 0;
  let busy = false;
  const waiting: Waiter[] = [];

  const drop = (connection: Connection) => {
    if (current === connection) current = undefined;
    connection.destroy();
  };

  async function reserve(): Promise<MysqlPoolConnection> {
    if (current && (isBroken(current) || performance.now() - idleSince > longestIdleMs)) drop(current);
    const reused = current !== undefined;
    current ??= await open(source);
    return lend(current, reused);
  }

  /** What Kysely gets: one reservation of the connection. */
  function lend(first: Connection, reused: boolean): MysqlPoolConnection {
    let connection = first;
    let untouched = reused;
    let given = true;
    const query = (sql: string, parameters: unknown[], callback: QueryCallback = () => {}) => {
      const repeatable = untouched && /^\s*(select|begin)\b/i.test(sql);
      untouched = false;
      connection.query(sql, parameters, (error, result) => {
        if (!error) return callback(null, result);
        if (error.fatal || isBroken(connection) || readOnly.has(error.errno ?? 0)) drop(connection);
        if (!repeatable || current) return callback(error, undefined);
        open(source).then(
          (opened) => {
            connection = current = opened;
            opened.query(sql, parameters, callback);
          },
          (failure) => callback(failure, undefined),
        );
      });
    };
    const release = () => {
      if (!given) return;
      given = false;
      idleSince = performance.now();
      const next = waiting.shift();
      if (next) reserve().then(next.give, next.fail);
      else busy = false;
    };
    return {
      query,
      release,
      threadId: connection.threadId ?? 0,
      config: connection.config,
      connect() {},
      destroy: () => drop(connection),
    } as MysqlPoolConnection;
  }

  return {
    getConnection(callback) {
      const done = (error: unknown, connection?: MysqlPoolConnection) => callback(error, connection!);
      if (busy) return void waitForTurn(waiting).then((connection) => done(null, connection), done);
      busy = true;
      reserve().then(
        (connection) => done(null, connection),
        (error) => {
          const next = waiting.shift();
          if (next) reserve().then(next.give, next.fail);
          else busy = false;
          done(error);
        },
      );
    },
    end(callback) {
      if (current) drop(current);
      callback(null);
    },
  };
}

type QueryCallback = (error: QueryError | null, result: unknown) => void;

function waitForTurn(waiting: Waiter[]): Promise<MysqlPoolConnection> {
  return new Promise((resolve, reject) => {
    const waiter: Waiter = {
      give: (connection) => {
        clearTimeout(timer);
        resolve(connection);
      },
      fail: (error) => {
        clearTimeout(timer);
        reject(error);
      },
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(waiter), 1);
      reject(Object.assign(new Error("no database connection within 2 s"), { code: "CONNECTION_BUSY" }));
    }, longestWaitMs);
    waiting.push(waiter);
  });
}

function isBroken(connection: Connection): boolean {
  // mysql2 keeps the error that ended the connection here; it emits none while a command is waiting for it.
  return "fatalError" in connection && connection.fatalError != null;
}

async function open(source: ConnectionSource): Promise<Connection> {
  try {
    return await connect(await source(false));
  } catch (error) {
    if (!(error instanceof Error) || !("errno" in error) || !accessDenied.has(Number(error.errno)))
      throw error;
    return await connect(await source(true));
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
  // Without a listener a connection that dies while idle would end the process.
  connection.on("error", () => {});
  try {
    await assertReadCommitted(connection);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return connection;
}

/** Under REPEATABLE READ a guard would judge an old snapshot. MariaDB and MySQL name the variable differently. */
function assertReadCommitted(connection: Connection): Promise<void> {
  const ask = "SHOW VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')";
  return new Promise((resolve, reject) => {
    connection.query(ask, (error, rows) => {
      if (error) return reject(error);
      const [row] = rows as { Value: string }[];
      if (row?.Value === "READ-COMMITTED") return resolve();
      reject(
        new Error(`the database must run at READ-COMMITTED, not ${row?.Value}: set transaction_isolation`),
      );
    });
  });
}
