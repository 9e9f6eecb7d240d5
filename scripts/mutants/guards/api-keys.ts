import type { Mutant } from "../mutant.ts";

const authenticate = "lib/merchant/authenticate.ts";
const apiKeys = "lib/storage/api-keys.ts";
const keys = "test/merchant/authenticate.test.ts";
const verbs = "test/ops/keys.test.ts";
const tenancy = "test/stories/tenancy.test.ts";

/** Which key opens what, for how long, and what it tells of itself. */
export const apiKeyGuards: Mutant[] = [
  {
    name: "API keys: several made at once each find the same last place free",
    file: apiKeys,
    from: "await takeTurn(trx, userId);\n        if (await scopesOf",
    to: "if (await scopesOf",
    tests: [verbs],
  },
  {
    name: "API keys: of several rolls at once each leaves the same key alive",
    file: apiKeys,
    from: "await takeTurn(trx, userId);\n        const made",
    to: "const made",
    tests: [verbs],
  },
  {
    name: "API keys: one that an unanswered COMMIT has made is not recognised",
    file: apiKeys,
    from: "if (await scopesOf(trx, userId, key)) return true;",
    to: "",
    tests: [verbs],
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
    file: authenticate,
    from: " || isOver(key.revokedAt, now)",
    to: "",
    tests: [keys, tenancy],
  },
  {
    name: "API keys: an expired one goes on",
    file: authenticate,
    from: `isOver(key.expiresAt, now) || `,
    to: "",
    tests: [keys],
  },
  {
    name: "API keys: every one may do everything",
    file: authenticate,
    from: "if (!key.scopes.includes(scope))",
    to: "if (key.scopes.length === 0)",
    tests: [keys],
  },
  {
    name: "API keys: a revoked one is remembered for as long as the process lives",
    file: authenticate,
    from: "if (cached && now - cached.at < cacheMs) return cached.key;",
    to: "if (cached) return cached.key;",
    tests: [keys],
  },
  {
    name: "An API key of another merchant is revoked",
    file: apiKeys,
    from: "const revoked = await ofMerchant(db, userId)",
    to: `const revoked = await (await import("./of-merchant.ts")).acrossMerchants(db)`,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "API keys: each process notes each minute that a key is used",
    file: authenticate,
    tests: [keys],
    from: "now.getTime() - key.lastUsedAt.getTime() < lastUseMs",
    to: "now.getTime() - key.lastUsedAt.getTime() < lastUseMs / 1000",
  },
  {
    name: "API keys: a use that cannot be noted fails the call",
    file: authenticate,
    tests: [keys],
    from: `.catch((error) => log.warn("last use of a key not noted", nameOf(error)))`,
    to: `.finally(() => log.warn("last use of a key not noted", nameOf(null)))`,
  },
  {
    name: "API keys: one that is over is noted as used",
    file: authenticate,
    tests: [keys],
    from: "assertValid(key);\n    await noteUse",
    to: "await noteUse",
  },
  {
    name: "API keys: the days that an operator gives are not kept",
    file: "lib/ops/key-verbs.ts",
    tests: [verbs],
    from: "days === undefined ? null : secondsAfter(now, days * daySeconds)",
    to: "days === undefined ? null : secondsAfter(now, 400 * days * daySeconds)",
  },
  {
    name: "API keys: a merchant has three",
    file: "lib/ops/key-verbs.ts",
    tests: [verbs],
    from: "const mostLiveKeys = 2;",
    to: "const mostLiveKeys = 3;",
  },
  {
    name: "API keys: a roll lets one live longer than it was to",
    file: apiKeys,
    from: "if (newest && isLive(newest, until))",
    to: "if (newest)",
    tests: [verbs],
  },
];
