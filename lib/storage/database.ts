import { Kysely, MysqlDialect, type Transaction } from "kysely";
import { currentInvocation, insideTransaction } from "../invocation.ts";
import { isTransient } from "../transient.ts";
import { type ConnectionSource, singleConnectionPool } from "./single-connection.ts";

/** Exposes no tables: rows are reached only through `of-merchant.ts`. */
export type Database = Kysely<NoTables>;
export type OpenTransaction = Transaction<NoTables>;
type NoTables = Record<never, never>;

export function openDatabase(source: ConnectionSource): Database {
  return new Kysely<NoTables>({ dialect: new MysqlDialect({ pool: singleConnectionPool(source) }) });
}

/** MariaDB and MySQL agree on the number. */
const duplicate = 1062;
const tries = 3;
/** A frozen function keeps its row locks until the server closes its connection, so no transaction begins this late. */
const leastRemainingMs = 5_000;

/** The message of a duplicate names the key: `… for key 'table.key'` (MySQL) or `… for key 'key'` (MariaDB). */
export function isDuplicate(error: unknown, key: string): boolean {
  if (!(error instanceof Error) || !("errno" in error) || error.errno !== duplicate) return false;
  // mutation: duplicate-key-name
  return error.message.endsWith(`'${key}'`) || error.message.endsWith(`.${key}'`);
}

/**
 * Runs `work` in one transaction and repeats it from the start after a deadlock, a lock time-out, a fail-over or a lost
 * connection. A COMMIT whose connection was lost may have succeeded, so `work` must recognise what it has already
 * written.
 */
export function transact<T>(db: Database, work: (trx: OpenTransaction) => Promise<T>): Promise<T> {
  return repeating(() => {
    assertTimeLeft();
    // mutation: transaction-opened
    return db
      .transaction()
      .execute((trx) => /* mutation: transaction-marked */ insideTransaction(() => work(trx)));
  });
}

/**
 * Repeats an idempotent statement or transaction after a transient error: three tries in total, only while there is
 * time.
 */
export async function repeating<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (
        /* mutation: retry-transient-only */ !isTransient(error) ||
        attempt === /* mutation: retry-most-tries */ tries ||
        /* mutation: retry-time-left */ currentInvocation().remainingMs() < leastRemainingMs
      )
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 40 * attempt));
    }
  }
}

/**
 * The least remaining time of the invocation in which a single statement, which leaves no locks, may still be tried.
 */
const leastForStatementMs = 1_500;
const longestPauseMs = 1_000;

/**
 * Repeats one statement for `patienceMs` of real time, or until the invocation ends. It records an effect outside the
 * database that would be repeated if its record were lost.
 */
export async function insisting<T>(patienceMs: number, work: () => Promise<T>): Promise<T> {
  // mutation: insisting-patience
  const until = performance.now() + patienceMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work();
    } catch (error) {
      const isOver = performance.now() + pauseMs > until;
      if (!isTransient(error) || isOver || currentInvocation().remainingMs() < leastForStatementMs + pauseMs)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function assertTimeLeft(): void {
  if (currentInvocation().remainingMs() >= /* mutation: transaction-time-left */ leastRemainingMs) return;
  throw Object.assign(new Error("too little time left to begin a transaction"), { code: "NO_TIME_LEFT" });
}
