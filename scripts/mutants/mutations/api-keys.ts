import { drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import { everyMerchant } from "../every-merchant.ts";
import type { Mutation } from "../mutant.ts";

const keys = "test/unit/merchants/authenticate.test.ts";
const commands = "test/ops/keys.test.ts";
const tenancy = "test/stories/tenancy.test.ts";

/** API keys: secret, scope, expiry, revocation, limits, and the record of their last use. */
export const apiKeyMutations: Mutation[] = [
  {
    name: "API keys: concurrent creations exceed the limit of live keys",
    at: "api-key-create-lock",
    change: drop,
    tests: [commands],
  },
  {
    name: "API keys: concurrent rolls leave several old keys alive",
    at: "api-key-roll-lock",
    change: drop,
    tests: [commands],
  },
  {
    name: "API keys: creating a key fails when its COMMIT succeeded but the response was lost",
    at: "api-key-create-repeated",
    change: drop,
    tests: [commands],
  },
  {
    name: "API keys: any secret is accepted for an existing key id",
    at: "api-key-secret",
    change: dropOperand,
    tests: [keys],
  },
  {
    name: "API keys: a key that does not exist is accepted",
    at: "api-key-unknown",
    change: replace("$1 || !($2)"),
    tests: ["test/unit/properties/api-key.test.ts"],
  },
  {
    name: "API keys: a mistyped key causes a database query",
    at: "api-key-checksum",
    change: replace("$2"),
    tests: ["test/unit/properties/api-key.test.ts"],
  },
  {
    name: "API keys: a revoked key still works",
    at: "api-key-revoked",
    change: dropOperand,
    tests: [keys, tenancy],
  },
  {
    name: "API keys: an expired key still works",
    at: "api-key-expired",
    change: dropOperand,
    tests: [keys],
  },
  {
    name: "API keys: scopes are not enforced",
    at: "api-key-scope",
    change: never,
    tests: [keys],
  },
  {
    name: "API keys: a revoked key stays cached for the lifetime of the process",
    at: "api-key-cache-age",
    change: dropOperand,
    tests: [keys],
  },
  {
    name: "API keys: revoking a key id also revokes another merchant's key",
    at: "api-key-revoke-owner",
    change: everyMerchant,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "API keys: every process records the last use of a key every minute",
    at: "api-key-last-use-gap",
    change: replace("$0 / 1000"),
    tests: [keys],
  },
  {
    name: "API keys: a request fails when the last use of its key cannot be recorded",
    at: "api-key-last-use-failure",
    change: dropLink,
    tests: [keys],
  },
  {
    name: "API keys: the use of an expired or revoked key is recorded",
    at: "api-key-valid-before-use",
    change: drop,
    tests: [keys],
  },
  {
    name: "API keys: the lifetime that an operator sets is ignored",
    at: "api-key-days",
    change: within("left", replace("400 * $0")),
    tests: [commands],
  },
  {
    name: "API keys: a merchant may have three live keys",
    at: "api-key-most-live",
    change: replace("3"),
    tests: [commands],
  },
  {
    name: "API keys: a roll extends the life of a key that expires sooner",
    at: "api-key-roll-live",
    change: dropOperand,
    tests: [commands],
  },
];
