import { always, drop, dropLink, dropOperand, never } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const moves = "test/payment/move-guards.test.ts";
const edges = "test/payment/status-edges.test.ts";
const outage = "test/stories/outage-database.test.ts";
const atOnce = "test/stories/create-at-once.test.ts";

/** Who makes a payment at its provider, and stores the outcome: T1 create, T2 result, a refusal, leases. */
export const createMutations: Mutation[] = [
  {
    name: "T1: who is too late takes the winner's order for its own",
    at: "create-order-own",
    change: dropLink,
    tests: [atOnce],
  },
  {
    name: "T1: an order that an unanswered COMMIT has made is not recognised as one's own",
    at: "create-repeated-commit",
    change: always,
    tests: [outage],
  },
  {
    name: "T1: a number that the merchant has used is an error, not the first order",
    at: "create-duplicate-number",
    change: dropOperand,
    tests: [atOnce],
  },
  {
    name: "An attempt is taken over before its lease is over",
    at: "create-takeover-lease",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "An attempt is taken over although its outcome is stored",
    at: "create-takeover-done",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T2: the outcome is stored by who has lost the lease",
    at: "create-result-lease",
    change: never,
    tests: [moves],
  },
  {
    name: "T2: a payment that has left processing becomes pending",
    at: "pending-from-processing",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "T2: a payment that has changed since it was read becomes pending",
    at: "pending-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T2: the link of a payment that a webhook was faster with is lost",
    at: "payable-link-stored",
    change: drop,
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "T4: a payment that has left processing is refused",
    at: "refuse-from-processing",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "T4: a payment that has changed since it was read is refused",
    at: "refuse-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T4: a payment that the provider has started is refused",
    at: "refuse-provider-started",
    change: dropLink,
    tests: ["test/payment/final-refusal.test.ts"],
  },
  {
    name: "T4: a refusal that an unanswered COMMIT has stored is not recognised as one's own",
    at: "refuse-repeated-commit",
    change: drop,
    tests: ["test/stories/outage-database.test.ts"],
  },
  {
    name: "T4: a refusal that is not the outcome keeps everybody else from trying",
    at: "refuse-lease-ended",
    change: drop,
    tests: ["test/payment/final-refusal.test.ts"],
  },
  {
    name: "A payment that has ended is made at the provider after all",
    at: "create-takeover-ended",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "An attempt is finished or let go by who has lost its lease",
    at: "create-attempt-own",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "A release without a lease goes on all the same",
    at: "create-release-own",
    change: drop,
    tests: [moves],
  },
  {
    name: "A release makes a payment due again that has left processing",
    at: "create-release-processing",
    change: dropLink,
    tests: [moves],
  },
];
