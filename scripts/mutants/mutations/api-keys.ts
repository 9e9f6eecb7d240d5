import { drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import { everyMerchant } from "../every-merchant.ts";
import type { Mutation } from "../mutant.ts";

const keys = "test/merchant/authenticate.test.ts";
const verbs = "test/ops/keys.test.ts";
const tenancy = "test/stories/tenancy.test.ts";

/** Which key opens what, for how long, and what it tells of itself. */
export const apiKeyMutations: Mutation[] = [
  {
    name: "API keys: several made at once each find the same last place free",
    at: "api-key-create-lock",
    change: drop,
    tests: [verbs],
  },
  {
    name: "API keys: of several rolls at once each leaves the same key alive",
    at: "api-key-roll-lock",
    change: drop,
    tests: [verbs],
  },
  {
    name: "API keys: one that an unanswered COMMIT has made is not recognised",
    at: "api-key-create-repeated",
    change: drop,
    tests: [verbs],
  },
  {
    name: "API keys: any secret under a known id is taken",
    at: "api-key-secret",
    change: dropOperand,
    tests: [keys],
  },
  {
    name: "API keys: a key that nobody has is taken",
    at: "api-key-unknown",
    change: replace("$1 || !($2)"),
    tests: ["test/properties/api-key.test.ts"],
  },
  {
    name: "API keys: a mistyped key is looked for in the database",
    at: "api-key-checksum",
    change: replace("$2"),
    tests: ["test/properties/api-key.test.ts"],
  },
  {
    name: "API keys: a revoked one goes on",
    at: "api-key-revoked",
    change: dropOperand,
    tests: [keys, tenancy],
  },
  {
    name: "API keys: an expired one goes on",
    at: "api-key-expired",
    change: dropOperand,
    tests: [keys],
  },
  {
    name: "API keys: every one may do everything",
    at: "api-key-scope",
    change: never,
    tests: [keys],
  },
  {
    name: "API keys: a revoked one is remembered for as long as the process lives",
    at: "api-key-cache-age",
    change: dropOperand,
    tests: [keys],
  },
  {
    name: "An API key of another merchant is revoked",
    at: "api-key-revoke-owner",
    change: everyMerchant,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "API keys: each process notes each minute that a key is used",
    at: "api-key-last-use-gap",
    change: replace("$0 / 1000"),
    tests: [keys],
  },
  {
    name: "API keys: a use that cannot be noted fails the call",
    at: "api-key-last-use-failure",
    change: dropLink,
    tests: [keys],
  },
  {
    name: "API keys: one that is over is noted as used",
    at: "api-key-valid-before-use",
    change: drop,
    tests: [keys],
  },
  {
    name: "API keys: the days that an operator gives are not kept",
    at: "api-key-days",
    change: within("left", replace("400 * $0")),
    tests: [verbs],
  },
  {
    name: "API keys: a merchant has three",
    at: "api-key-most-live",
    change: replace("3"),
    tests: [verbs],
  },
  {
    name: "API keys: a roll lets one live longer than it was to",
    at: "api-key-roll-live",
    change: dropOperand,
    tests: [verbs],
  },
];
