import { drop, dropOperand, never, replace, within } from "../changes.ts";
import { everyMerchant } from "../every-merchant.ts";
import type { Mutation } from "../mutant.ts";

const outage = "test/outage/database.test.ts";
const one = "test/storage/single-connection.test.ts";

/** Transactions, their retries, and the database connection. */
export const platformMutations: Mutation[] = [
  {
    name: "Transactions: no transaction is opened",
    at: "transaction-opened",
    change: replace("$1($this.this as never)"),
    tests: ["test/races/refund-races.test.ts"],
  },
  {
    name: "Transactions: an external service is called while a transaction holds its locks",
    at: "no-call-in-transaction",
    change: never,
    tests: ["test/queue/wake-up-queue.test.ts"],
  },
  {
    name: "Transactions: code cannot tell that it runs inside a transaction",
    at: "transaction-marked",
    change: replace("$1()"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Transactions: a deadlock is not retried",
    at: "retry-deadlock",
    change: drop,
    tests: [outage],
  },
  {
    name: "Transactions: a lock wait timeout is not retried",
    at: "retry-lock-wait",
    change: drop,
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Transactions: an error of a database that became read-only is not retried",
    at: "retry-codes",
    change: replace("[$1, $2]"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Transactions: a lost connection, for example at COMMIT, is not retried",
    at: "retry-connection-lost",
    change: drop,
    tests: [outage],
  },
  {
    name: "Transactions: a programming error is retried like a deadlock",
    at: "retry-transient-only",
    change: dropOperand,
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Transient errors: they are not logged, so no alarm can count them",
    at: "transient-logged",
    change: drop,
    tests: [outage],
  },
  {
    name: "Transactions: the number of retries is unlimited",
    at: "retry-most-tries",
    change: replace("$0 * 1000"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Transactions: a transaction is retried although the invocation is about to end",
    at: "retry-time-left",
    change: dropOperand,
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Transactions: a transaction starts although the invocation is about to end",
    at: "transaction-time-left",
    change: replace("0"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Transactions: every duplicate key error is taken for the expected one",
    at: "duplicate-key-name",
    change: replace("true"),
    tests: ["test/storage/transactions.test.ts", "test/payments/move-guards.test.ts"],
  },
  {
    name: "Connection: a wrong isolation level is accepted, so that checks may read an old snapshot",
    at: "connection-isolation",
    change: dropOperand,
    tests: [outage],
  },
  {
    name: "Connection: a statement in the middle of a transaction is repeated on a new connection",
    at: "connection-untouched",
    change: dropOperand,
    tests: [one],
  },
  {
    name: "Connection: a writing statement is repeated although it may have been executed",
    at: "connection-repeatable",
    change: within("callee.object", replace("/./")),
    tests: [one],
  },
  {
    name: "Connection: code that waits for a second connection inside a transaction waits forever",
    at: "turnstile-longest-wait",
    change: replace("$0 * 1000"),
    tests: [one],
  },
  {
    name: "Connection: the connection to a server that became read-only is kept",
    at: "connection-read-only",
    change: dropOperand,
    tests: [one],
  },
  {
    name: "Connection: a statement waits too long for a server that does not respond",
    at: "connection-statement-time",
    change: replace("$0 * 1000"),
    tests: [one],
  },
  {
    name: "Connection: a changed database password is never read again",
    at: "connection-new-password",
    change: replace("false"),
    tests: [one],
  },
  {
    name: "Disabling a config id also disables another merchant's config",
    at: "config-disable-owner",
    change: everyMerchant,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
];
