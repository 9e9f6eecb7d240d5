import type { Mutant } from "../mutant.ts";

const database = "lib/storage/database.ts";
const connection = "lib/storage/single-connection.ts";
const outage = "test/stories/outage-database.test.ts";
const one = "test/storage/single-connection.test.ts";

/** Transactions, their retries, the connection. */
export const platformGuards: Mutant[] = [
  {
    name: "Nothing is a transaction",
    file: database,
    from: "db.transaction().execute((trx) => insideTransaction(() => work(trx)));",
    to: "insideTransaction(() => work(db as OpenTransaction));",
    tests: ["test/stories/refund-races.test.ts"],
  },
  {
    name: "Strangers are called while a transaction holds its locks",
    file: "lib/invocation.ts",
    from: "if (transactions.getStore())",
    to: 'if (transactions.getStore() === undefined && call === "")',
    tests: ["test/queue/hints.test.ts"],
  },
  {
    name: "A transaction does not say that it is one",
    file: database,
    from: "insideTransaction(() => work(trx))",
    to: "work(trx)",
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A deadlock is not repeated",
    file: database,
    from: "new Set([1213, 1205, 1290, 1836])",
    to: "new Set([1205, 1290, 1836])",
    tests: [outage],
  },
  {
    name: "A lock that was waited for in vain is not repeated",
    file: database,
    from: "new Set([1213, 1205, 1290, 1836])",
    to: "new Set([1213, 1290, 1836])",
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A database that has become read-only is not worth a repeat",
    file: database,
    from: "new Set([1213, 1205, 1290, 1836])",
    to: "new Set([1213, 1205])",
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A connection that is lost, at COMMIT for example, is not repeated",
    file: database,
    from: `"PROTOCOL_CONNECTION_LOST",`,
    to: "",
    tests: [outage],
  },
  {
    name: "A mistake of ours is repeated like a deadlock",
    file: database,
    from: "if (!isPassing(error) || attempt === tries ||",
    to: "if (attempt === tries ||",
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A transaction is repeated without end",
    file: database,
    from: "attempt === tries ||",
    to: "attempt === tries * 1000 ||",
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A transaction is repeated with the invocation's end at hand",
    file: database,
    from: " || currentInvocation().remainingMs() < leastRemainingMs)",
    to: ")",
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "A transaction begins with the invocation's end at hand",
    file: database,
    from: "if (currentInvocation().remainingMs() >= leastRemainingMs) return;",
    to: "if (currentInvocation().remainingMs() >= 0) return;",
    tests: ["test/storage/transactions.test.ts"],
  },
  {
    name: "Every duplicate is taken for the one that was expected",
    file: database,
    from: `return error.message.endsWith(\`'\${key}'\`) || error.message.endsWith(\`.\${key}'\`);`,
    to: "return true;",
    tests: ["test/storage/transactions.test.ts", "test/payment/move-guards.test.ts"],
  },
  {
    name: "Guards judge an old snapshot: the isolation is not asked for",
    file: connection,
    from: `if (row?.Value === "READ-COMMITTED") return resolve();`,
    to: "if (row?.Value) return resolve();",
    tests: [outage],
  },
  {
    name: "A statement in the middle of a transaction is repeated on another connection",
    file: connection,
    from: "const repeatable = untouched && /",
    to: "const repeatable = /",
    tests: [one],
  },
  {
    name: "A statement that writes is repeated although it may have been done",
    file: connection,
    from: "/^\\s*(select|begin)\\b/i.test(sql)",
    to: "/./.test(sql)",
    tests: [one],
  },
  {
    name: "Who waits for a second connection inside a transaction waits for ever",
    file: "lib/storage/turnstile.ts",
    from: "}, longestWaitMs);",
    to: "}, longestWaitMs * 1000);",
    tests: [one],
  },
  {
    name: "A connection is kept to a server that has become read-only",
    file: connection,
    from: "|| readOnly.has(errno) ||",
    to: "||",
    tests: [one],
  },
  {
    name: "A server that says nothing any more is waited for",
    file: connection,
    from: "timeout: statementMs",
    to: "timeout: statementMs * 1000",
    tests: [one],
  },
  {
    name: "A changed password of the database is never read anew",
    file: connection,
    from: "return await connect(await source(true));",
    to: "throw error;",
    tests: [one],
  },
  {
    name: "A config of another merchant is switched off",
    file: "lib/storage/payment-configs.ts",
    from: `await ofMerchant(db, userId)
        .updateTable("payment_configs")`,
    to: `await acrossMerchants(db)
        .updateTable("payment_configs")`,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
];
