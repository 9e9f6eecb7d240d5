import { drop, dropLink } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const moves = "test/payment/move-guards.test.ts";
const stored = "test/storage/merchant-rows.test.ts";

/** An order belongs to an account: whose word is believed of it, and what a config row keeps. */
export const accountMutations: Mutation[] = [
  {
    name: "T3: the word of another provider settles",
    at: "settle-provider",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T3: the word of another account's key settles",
    at: "settle-key-account",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T3: an object that the order did not make settles it",
    at: "settle-object",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T4: the word of another account ends a payment",
    at: "close-account",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T4: an object that the order did not make ends it",
    at: "close-object",
    change: dropLink,
    tests: [moves],
  },
  { name: "Another account starts a payment", at: "start-account", change: dropLink, tests: [moves] },
  {
    name: "An object that the order did not make starts it",
    at: "start-object",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T9: another account's key takes the money",
    at: "capture-account",
    change: dropLink,
    tests: ["test/payment/capture-guards.test.ts"],
  },
  {
    name: "A config row takes another account",
    at: "config-account-kept",
    change: dropLink,
    tests: [stored],
  },
  { name: "An active config is retired", at: "retire-state", change: dropLink, tests: [stored] },
  {
    name: "A config is retired while orders, refunds or young payments need it",
    at: "retire-needed",
    change: drop,
    tests: ["test/stories/config-states.test.ts"],
  },
];
