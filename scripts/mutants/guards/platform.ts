import type { Mutant } from "../mutant.ts";

const database = "lib/storage/database.ts";
const connection = "lib/storage/single-connection.ts";
const vault = { file: "lib/vault/vault.ts", tests: ["test/vault/vault.test.ts"] };
const outage = "test/stories/outage-database.test.ts";
const one = "test/storage/single-connection.test.ts";
const keys = "test/merchant/authenticate.test.ts";
const tenancy = "test/stories/tenancy.test.ts";

/** Transactions, their retries, the connection, sealed credentials, API keys. */
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
    name: "Vault: a text moved to another owner or field opens",
    ...vault,
    from: `return Buffer.from(\`1\\n\${key}\\n\${canonical(context)}\`);`,
    to: `return Buffer.from(\`1\\n\${key}\`);`,
  },
  {
    name: "Vault: a changed text opens",
    ...vault,
    from: 'decipher.update(Buffer.from(data, "base64")), decipher.final()]',
    to: 'decipher.update(Buffer.from(data, "base64"))]',
  },
  {
    name: "Vault: a short tag, which can be guessed, is taken",
    ...vault,
    from: `Buffer.from(iv, "base64"), {
        authTagLength: tagBytes,
      });`,
    to: `Buffer.from(iv, "base64"), {});`,
  },
  {
    name: "API keys: any secret under a known id is taken",
    file: "lib/merchant/api-key.ts",
    from: "return equal && stored !== null;",
    to: "return stored !== null;",
    tests: [keys],
  },
  {
    name: "API keys: a key that nobody has is taken",
    file: "lib/merchant/api-key.ts",
    from: "return equal && stored !== null;",
    to: "return equal || stored === null;",
    tests: ["test/properties/api-key.test.ts"],
  },
  {
    name: "API keys: a mistyped key is looked for in the database",
    file: "lib/merchant/api-key.ts",
    from: "return checksum(text.slice(0, -checksumLength)) === sum ? { keyId, userId } : null;",
    to: "return { keyId, userId };",
    tests: ["test/properties/api-key.test.ts"],
  },
  {
    name: "API keys: a revoked one goes on",
    file: "lib/merchant/authenticate.ts",
    from: " || isOver(key.revokedAt, now)",
    to: "",
    tests: [keys, tenancy],
  },
  {
    name: "API keys: an expired one goes on",
    file: "lib/merchant/authenticate.ts",
    from: `isOver(key.expiresAt, now) || `,
    to: "",
    tests: [keys],
  },
  {
    name: "API keys: every one may do everything",
    file: "lib/merchant/authenticate.ts",
    from: "if (!key.scopes.includes(scope))",
    to: "if (key.scopes.length === 0)",
    tests: [keys],
  },
  {
    name: "API keys: a revoked one is remembered for as long as the process lives",
    file: "lib/merchant/authenticate.ts",
    from: "if (cached && now - cached.at < cacheMs) return cached.key;",
    to: "if (cached) return cached.key;",
    tests: [keys],
  },
  {
    name: "An API key of another merchant is revoked",
    file: "lib/storage/merchants.ts",
    from: "const revoked = await ofMerchant(db, userId)",
    to: "const revoked = await acrossMerchants(db)",
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "A config that was sealed anew meanwhile is sealed over what it was",
    file: "lib/storage/payment-configs.ts",
    from: `.where("config_data", "=", config.data)`,
    to: "",
    tests: ["test/storage/merchant-rows.test.ts"],
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
