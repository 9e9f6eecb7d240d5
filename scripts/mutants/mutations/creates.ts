import { always, drop, dropLink, dropOperand, never } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const moves = "test/payments/move-guards.test.ts";
const edges = "test/payments/status-edges.test.ts";
const outage = "test/outage/database.test.ts";
const atOnce = "test/races/create-at-once.test.ts";

/** Creating a payment at its provider and storing the outcome: createOrder, recordCreated, refuse, leases. */
export const createMutations: Mutation[] = [
  {
    name: "createOrder: the caller that loses the race takes the winner's order for its own",
    at: "create-order-own",
    change: dropLink,
    tests: [atOnce],
  },
  {
    name: "createOrder: an order whose COMMIT was not confirmed is not recognised as the caller's own",
    at: "create-repeated-commit",
    change: always,
    tests: [outage],
  },
  {
    name: "createOrder: an out_trade_no that is in use causes an error instead of returning the first order",
    at: "create-duplicate-number",
    change: dropOperand,
    tests: [atOnce],
  },
  {
    name: "takeLease: a provider request is taken over before its lease expires",
    at: "create-lease-expired",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "takeLease: a provider request is taken over although its outcome is stored",
    at: "create-lease-done",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "recordCreated: a caller that has lost its lease stores the outcome",
    at: "create-result-lease",
    change: never,
    tests: [moves],
  },
  {
    name: "recordCreated: a payment that is no longer processing becomes pending",
    at: "pending-from-processing",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "recordCreated: a payment that has changed since it was read becomes pending",
    at: "pending-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "recordCreated: the payment link is lost when a webhook changed the payment first",
    at: "payable-link-stored",
    change: drop,
    tests: ["test/races/webhook-order.test.ts"],
  },
  {
    name: "refuse: a payment that is no longer processing becomes failed",
    at: "refuse-from-processing",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "refuse: a payment that has changed since it was read becomes failed",
    at: "refuse-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "refuse: a refusal whose COMMIT was not confirmed is not recognised as the caller's own",
    at: "refuse-repeated-commit",
    change: drop,
    tests: ["test/outage/database.test.ts"],
  },
  {
    name: "refuse: a refusal that could not be stored keeps its lease, so that nobody else can retry",
    at: "refuse-lease-ended",
    change: drop,
    tests: ["test/payments/final-refusal.test.ts"],
  },
  {
    name: "takeLease: a payment that has ended is created at the provider after all",
    at: "create-lease-ended",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "A caller that has lost its lease finishes or releases the provider request",
    at: "create-request-own",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "release: a caller that has lost its lease still reschedules the payment",
    at: "create-release-own",
    change: drop,
    tests: [moves],
  },
  {
    name: "release: a payment that is no longer processing is scheduled for a poll",
    at: "create-release-processing",
    change: dropLink,
    tests: [moves],
  },
];
