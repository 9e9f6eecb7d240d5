import { always, drop, dropLink, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const moves = "test/payments/move-guards.test.ts";
const stored = "test/storage/merchant-rows.test.ts";
const generations = "test/ops/config-generations.test.ts";
const siblings = "test/ops/config-siblings.test.ts";
const states = "test/ops/config-states.test.ts";
const configSet = "test/ops/config-set.test.ts";

/** Orders belong to a provider account: whose events apply, which credentials poll them, what a config row stores. */
export const accountMutations: Mutation[] = [
  {
    name: "settle: an event from another provider settles the payment",
    at: "settle-provider",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "settle: an event received with another account's credentials settles the payment",
    at: "settle-key-account",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "settle: a provider object that the order did not create settles it",
    at: "settle-object",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "closeOrFail: an event from another provider account ends the payment",
    at: "close-account",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "closeOrFail: a provider object that the order did not create ends the payment",
    at: "close-object",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "markInTransit: an event from another provider account marks the payment as in transit",
    at: "start-account",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "markInTransit: a provider object that the order did not create marks the payment as in transit",
    at: "start-object",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "claimCapture: another account's credentials capture the payment",
    at: "capture-account",
    change: dropLink,
    tests: ["test/payments/capture-guards.test.ts"],
  },
  {
    name: "A config row that belongs to one account is overwritten with another account's credentials",
    at: "config-account-stored",
    change: dropLink,
    tests: [stored],
  },
  { name: "An active config can be retired", at: "retire-state", change: dropLink, tests: [stored] },
  {
    name: "A config can be retired while orders, refunds or recent payments still need it",
    at: "retire-needed",
    change: drop,
    tests: [states],
  },
  {
    name: "Test mode and live mode of one account count as the same account",
    at: "account-livemode",
    change: replace('$callee<never>(["provider_account = ", ""] as never, $1)'),
    tests: [moves],
  },
  {
    name: "An event from another account of the merchant is applied to the order",
    at: "event-account",
    change: drop,
    tests: [siblings],
  },
  {
    name: "An event about a provider object that the order did not create raises no anomaly",
    at: "event-object",
    change: drop,
    tests: [siblings],
  },
  {
    name: "An event about another merchant's order at the same account is recorded",
    at: "event-of-others",
    change: never,
    tests: [siblings],
  },
  {
    name: "Plain JSON of another account, written over a config in the database, is used",
    at: "overwritten-config-refused",
    change: never,
    tests: [states],
  },
  {
    name: "Plain JSON of another account, written over a config in the database, is encrypted",
    at: "overwritten-config-encrypted",
    change: always,
    tests: [states],
  },
  {
    name: "A payment is polled with the credentials of another account",
    at: "order-account-credentials",
    change: always,
    tests: [siblings],
  },
  {
    name: "A new config takes over the name of a config that was changed concurrently",
    at: "config-replaced-meanwhile",
    change: drop,
    tests: [stored],
  },
  {
    name: "The account learned from old credentials is stored beside new ones that were set concurrently",
    at: "config-account-of-data",
    change: dropLink,
    tests: [stored],
  },
  {
    name: "A replaced config can be enabled",
    at: "config-enabled-state",
    change: dropLink,
    tests: [states],
  },
  {
    name: "Setting a former account again creates a new config row instead of restoring its old one",
    at: "config-restored",
    change: drop,
    tests: [generations],
  },
  {
    name: "Credentials whose account is unknown replace those of the account that has the config's name",
    at: "config-account-unknown",
    change: never,
    tests: [configSet],
  },
  {
    name: "Payments of an account that does not respond are polled forever",
    at: "silent-account-abandoned",
    change: drop,
    tests: [states],
  },
  {
    name: "Payments whose polling was given up are not polled again after new credentials are set",
    at: "config-poll-again",
    change: drop,
    tests: [states],
  },
];
