import { drop, dropLink, dropOperand, never, replace, swapWithNext, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const moves = "test/payment/move-guards.test.ts";
const edges = "test/payment/status-edges.test.ts";
const captureMutations = "test/payment/capture-guards.test.ts";

/** The WHERE lists and transactions of a payment once it is made: T3 settle, T4 final, T9 capture. */
export const paymentMutations: Mutation[] = [
  {
    name: "T3: a payment to another account settles",
    at: "settle-account",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T3: another amount settles",
    at: "settle-amount",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T3: another currency settles",
    at: "settle-currency",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T3: what is success becomes success again",
    at: "settle-once",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T3: the old status is looked at after it is gone, so that no success is late",
    at: "settle-late-success",
    change: swapWithNext,
    tests: [edges],
  },
  {
    name: "T3: a transaction that has paid for another order is an error for ever, not an anomaly",
    at: "settle-other-order",
    change: replace('"another_key"'),
    tests: [moves],
  },
  {
    name: "A second payment of a paid order is taken for the first",
    at: "second-payment-trade",
    change: dropOperand,
    tests: [moves],
  },
  {
    name: "Another amount for a paid order is nothing strange",
    at: "second-payment-amount",
    change: within("left", never),
    tests: [moves],
  },
  {
    name: "A payment is success without a notification in the same commit",
    at: "settle-notification",
    change: replace("null"),
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "An event that comes again is an error",
    at: "webhook-event-repeated",
    change: dropLink,
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "T4: what has changed since it was read is closed",
    at: "close-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T4: what is final is closed",
    at: "close-status",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "T4: a payment is closed while its money is being taken",
    at: "close-capture",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "T4: a payment is closed while it is being made",
    at: "close-lease",
    change: replace('new Date("9000-01-01")'),
    tests: [moves],
  },
  {
    name: "T4: an attempt that is done keeps a payment from being closed",
    at: "close-done-attempt",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "T4: a payment is closed without telling the merchant",
    at: "close-notification",
    change: replace("null"),
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "A provider's start moves what has changed since it was read",
    at: "provider-started-version",
    change: dropLink,
    tests: [moves],
  },
  {
    name: "A provider's start opens what is final",
    at: "provider-started-status",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "T9: what has changed since it was read is captured",
    at: "capture-version",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "T9: what has expired is captured",
    at: "capture-expired",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "T9: a second capture begins while one is under way",
    at: "capture-under-way",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "T9: what is final is captured",
    at: "capture-from-pending",
    change: replace('$callee($1, "!=", "processing")'),
    tests: [edges],
  },
  {
    name: "T9: a capture whose outcome is unknown is repeated under another key",
    at: "capture-same-key",
    change: drop,
    tests: [captureMutations],
  },
  {
    name: "A capture that was declined ends another one",
    at: "capture-declined-key",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "A capture that was declined makes pending what is success",
    at: "capture-declined-status",
    change: dropLink,
    tests: [edges],
  },
  {
    name: "A capture that was declined moves what has changed since it was read",
    at: "capture-declined-version",
    change: dropLink,
    tests: [captureMutations],
  },
  {
    name: "A look-up is lost to a deadlock",
    at: "look-up-deadlock",
    change: replace("$1()"),
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "Success is no longer a sink",
    at: "status-after-success",
    change: replace('["closed"]'),
    tests: [edges],
  },
  {
    name: "A closed payment may fail afterwards",
    at: "status-after-closed",
    change: replace('["success", "failed"]'),
    tests: [edges],
  },
];
