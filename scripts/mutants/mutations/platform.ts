import { drop, dropOperand, never, replace, within } from "../changes.ts";
import { everyMerchant } from "../every-merchant.ts";
import type { Mutation } from "../mutant.ts";

const outage = "test/stories/outage-database.test.ts";
const one = "test/storage/single-connection.test.ts";

/** Transactions, their retries, the connection. */
export const platformMutations: Mutation[] = [
  {
    name: "Nothing is a transaction",
    at: "transaction-opened",
    change: replace("$1($this.this as never)"),
    tests: ["test/stories/refund-races.test.ts"],
  },
  {
    name: "Strangers are called while a transaction holds its locks",
    at: "no-call-in-transaction",
    change: never,
    tests: ["test/queue/hints.test.ts"],
  },
  {
    name: "A transaction does not say that it is one",
    at: "transaction-marked",
    change: replace("$1()"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A deadlock is not repeated",
    at: "retry-deadlock",
    change: drop,
    tests: [outage],
  },
  {
    name: "A lock that was waited for in vain is not repeated",
    at: "retry-lock-wait",
    change: drop,
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A database that has become read-only is not worth a repeat",
    at: "retry-codes",
    change: replace("[$1, $2]"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A connection that is lost, at COMMIT for example, is not repeated",
    at: "retry-connection-lost",
    change: drop,
    tests: [outage],
  },
  {
    name: "A mistake of ours is repeated like a deadlock",
    at: "retry-passing-only",
    change: dropOperand,
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A transaction is repeated without end",
    at: "retry-most-tries",
    change: replace("$0 * 1000"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A transaction is repeated with the invocation's end at hand",
    at: "retry-time-left",
    change: dropOperand,
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A transaction begins with the invocation's end at hand",
    at: "transaction-time-left",
    change: replace("0"),
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Every duplicate is taken for the one that was expected",
    at: "duplicate-key-name",
    change: replace("true"),
    tests: ["test/storage/transactions.test.ts", "test/payment/move-guards.test.ts"],
  },
  {
    name: "Guards judge an old snapshot: the isolation is not asked for",
    at: "connection-isolation",
    change: dropOperand,
    tests: [outage],
  },
  {
    name: "A statement in the middle of a transaction is repeated on another connection",
    at: "connection-untouched",
    change: dropOperand,
    tests: [one],
  },
  {
    name: "A statement that writes is repeated although it may have been done",
    at: "connection-repeatable",
    change: within("callee.object", replace("/./")),
    tests: [one],
  },
  {
    name: "Who waits for a second connection inside a transaction waits for ever",
    at: "turnstile-longest-wait",
    change: replace("$0 * 1000"),
    tests: [one],
  },
  {
    name: "A connection is kept to a server that has become read-only",
    at: "connection-read-only",
    change: dropOperand,
    tests: [one],
  },
  {
    name: "A server that says nothing any more is waited for",
    at: "connection-statement-time",
    change: replace("$0 * 1000"),
    tests: [one],
  },
  {
    name: "A changed password of the database is never read anew",
    at: "connection-new-password",
    change: replace("false"),
    tests: [one],
  },
  {
    name: "A config of another merchant is switched off",
    at: "config-disable-owner",
    change: everyMerchant,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
];
