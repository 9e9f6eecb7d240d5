import { drop, dropLink, dropOperand, never, replace, swapWithNext, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const moves = "test/payments/move-guards.test.ts";
const edges = "test/payments/status-edges.test.ts";
const captureMutations = "test/payments/capture-guards.test.ts";

/** WHERE conditions and transactions of a created payment: settle, closeOrFail, markInTransit, claimCapture. */
export const paymentMutations: Mutation[] = [
  {
    name: "settle: a payment to another account settles the order",
    at: "settle-account",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "settle: a payment of another amount settles the order",
    at: "settle-amount",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "settle: a payment in another currency settles the order",
    at: "settle-currency",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "settle: a payment that is success becomes success again",
    at: "settle-once",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "settle: the old status is read after it was overwritten, so that no success counts as late",
    at: "settle-late-success",
    change: swapWithNext,
    tests: [edges],
  },
  {
    name: "settle: a transaction that already paid another order causes a permanent error, not an anomaly",
    at: "settle-other-order",
    change: replace('"another_key"'),
    tests: [moves],
  },
  {
    name: "settle: a second payment of a paid order is taken for the first one",
    at: "second-payment-trade",
    change: dropOperand,
    tests: [moves],
  },
  {
    name: "settle: a paid event with another amount for a paid order raises no anomaly",
    at: "second-payment-amount",
    change: within("left", never),
    tests: [moves],
  },
  {
    name: "settle: a payment becomes success without a notification in the same commit",
    at: "settle-notification",
    change: replace("null"),
    tests: ["test/races/webhook-order.test.ts"],
  },
  {
    name: "A provider event that is sent twice causes an error",
    at: "webhook-event-repeated",
    change: dropLink,
    tests: ["test/races/webhook-order.test.ts"],
  },
  {
    name: "closeOrFail: a payment that has changed since it was read is closed",
    at: "close-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "closeOrFail: a payment in a final status is closed",
    at: "close-status",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "closeOrFail: a payment whose state has changed since it was read is closed",
    at: "close-state",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "claimClose: a payment that cannot be paid is marked as closing",
    at: "close-claim-state",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "claimClose: a payment that has changed since it was read is marked as closing",
    at: "close-claim-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "endClose: a payment that is not being closed becomes payable",
    at: "close-end-state",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "A payment that the provider does not close stays in the state closing",
    at: "close-refused-payable",
    change: drop,
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "markInTransit: a payment whose state has changed since it was read is moved",
    at: "in-transit-state",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "closeOrFail: a payment is closed while its capture is under way",
    at: "close-capture",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "closeOrFail: a payment is closed while its create is under way",
    at: "close-lease",
    change: replace('new Date("9000-01-01")'),
    tests: [moves],
  },
  {
    name: "closeOrFail: a finished provider request prevents a payment from being closed",
    at: "close-done-request",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "closeOrFail: a payment is closed without a notification",
    at: "close-notification",
    change: replace("null"),
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "markInTransit: a payment that has changed since it was read is moved",
    at: "in-transit-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "markInTransit: a payment in a final status is reopened",
    at: "in-transit-status",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "claimCapture: a payment that has changed since it was read is captured",
    at: "capture-version",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "claimCapture: an expired payment is captured",
    at: "capture-expired",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "claimCapture: a second capture starts while one is under way",
    at: "capture-under-way",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "claimCapture: a payment in a final status is captured",
    at: "capture-from-pending",
    change: replace('$callee($1, "!=", "processing")'),
    tests: [edges],
  },
  {
    name: "claimCapture: a capture whose outcome is unknown is repeated under another idempotency key",
    at: "capture-same-key",
    change: drop,
    tests: [captureMutations],
  },
  {
    name: "endCapture: a declined capture ends another one",
    at: "capture-declined-key",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "endCapture: a declined capture turns a successful payment into pending",
    at: "capture-declined-status",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "endCapture: a declined capture moves a payment that has changed since it was read",
    at: "capture-declined-version",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "claimPoll: a poll is lost to a deadlock",
    at: "poll-deadlock",
    change: replace("$1()"),
    tests: ["test/payments/poll-guards.test.ts"],
  },
  {
    name: "Payment status: success is no longer final",
    at: "status-after-success",
    change: replace('["closed"]'),
    tests: [edges],
  },
  {
    name: "Payment status: a closed payment may become failed",
    at: "status-after-closed",
    change: replace('["success", "failed"]'),
    tests: [edges],
  },
];
