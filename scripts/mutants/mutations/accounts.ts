import { always, drop, dropLink, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const moves = "test/payment/move-guards.test.ts";
const stored = "test/storage/merchant-rows.test.ts";
const generations = "test/stories/config-generations.test.ts";
const siblings = "test/stories/config-siblings.test.ts";
const states = "test/stories/config-states.test.ts";
const kept = "test/stories/config-set.test.ts";

/** An order belongs to an account: whose word is believed of it, which credentials ask about it, and what a config row keeps. */
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
    tests: [states],
  },
  {
    name: "Another mode of an account is the same account",
    at: "account-livemode",
    change: replace('$callee<never>(["provider_account = ", ""] as never, $1)'),
    tests: [moves],
  },
  {
    name: "What another account of the merchant says of an order is applied to it",
    at: "event-account",
    change: drop,
    tests: [siblings],
  },
  {
    name: "An event of an object that the order did not make raises no anomaly",
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
    name: "Plain JSON of another account that was written over a config is used",
    at: "overwritten-config-refused",
    change: never,
    tests: [states],
  },
  {
    name: "Plain JSON of another account that was written over a config is sealed",
    at: "overwritten-config-sealed",
    change: always,
    tests: [states],
  },
  {
    name: "An order is asked about with the credentials of another account",
    at: "order-account-credentials",
    change: always,
    tests: [siblings],
  },
  {
    name: "A config takes its name from one that has changed meanwhile",
    at: "config-replaced-meanwhile",
    change: drop,
    tests: [stored],
  },
  {
    name: "The account of credentials that were changed meanwhile is kept with the new ones",
    at: "config-account-of-data",
    change: dropLink,
    tests: [stored],
  },
  {
    name: "A replaced config is enabled",
    at: "config-enabled-state",
    change: dropLink,
    tests: [states],
  },
  {
    name: "An account that comes back gets another row",
    at: "config-restored",
    change: drop,
    tests: [generations],
  },
  {
    name: "Credentials whose account nobody tells go to the account that has the name",
    at: "config-account-untold",
    change: never,
    tests: [kept],
  },
  {
    name: "Payments of a silent account are asked about for ever",
    at: "silent-account-given-up",
    change: drop,
    tests: [states],
  },
  {
    name: "Payments that were given up stay so when there are other credentials",
    at: "config-poll-again",
    change: drop,
    tests: [states],
  },
  {
    name: "Stripe: the secret of a replaced endpoint is accepted for ever",
    at: "former-secret-until",
    change: within("callee.object", dropLink),
    tests: [kept],
  },
  {
    name: "Stripe: a connected account's session ends our order",
    at: "stripe-connected-session",
    change: always,
    tests: [siblings],
  },
];
