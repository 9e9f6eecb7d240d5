import { always, drop, dropLink, dropOperand, never } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const races = "test/races/refund-races.test.ts";
const turns = "test/races/refund-turns.test.ts";
const story = "test/stories/refund.test.ts";
const guards = "test/payments/refund-guards.test.ts";

/** WHERE conditions and transactions of a refund: reserveRefund, finishRefund, and the use cases that call them. */
export const refundMutations: Mutation[] = [
  {
    name: "reserveRefund: more is reserved than was paid",
    at: "reserve-fits",
    change: dropLink,
    tests: [races],
  },
  {
    name: "reserveRefund: an unpaid order is refunded",
    at: "reserve-paid",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "reserveRefund: a refund in another currency than the payment's is reserved",
    at: "reserve-currency",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "reserveRefund: the row of a refund that does not fit stays in the table",
    at: "reserve-rolled-back",
    change: never,
    tests: [races],
  },
  {
    name: "reserveRefund: the caller that loses the race takes the winner's refund for its own",
    at: "reserve-own",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "reserveRefund: a refund whose COMMIT was not confirmed is not recognised as the caller's own",
    at: "reserve-repeated-commit",
    change: always,
    tests: [guards],
  },
  {
    name: "A refund is taken over before its lease expires",
    at: "refund-lease-expired",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "A refund in a final status is taken over",
    at: "refund-lease-status",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "A caller that has lost its lease releases the refund",
    at: "refund-release-own",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "Releasing a lease turns a refund in a final status into unknown",
    at: "refund-release-status",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "finishRefund: a refund that has ended ends again",
    at: "refund-finish-status",
    change: dropLink,
    tests: [races],
  },
  {
    name: "finishRefund: more is refunded than was paid",
    at: "refund-finish-fits",
    change: dropLink,
    tests: [turns],
  },
  {
    name: "finishRefund: the refund totals of an unpaid order change",
    at: "refund-finish-paid",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "finishRefund: the refund's row changes although the order's totals cannot",
    at: "refund-finish-both",
    change: drop,
    tests: [turns],
  },
  {
    name: "finishRefund: a refund that exceeds the payment causes a permanent error instead of an anomaly",
    at: "refund-finish-over-refund",
    change: drop,
    tests: [turns],
  },
  {
    name: "A refund that exceeds the payment raises no anomaly",
    at: "over-refund-raised",
    change: never,
    tests: [guards],
  },
  {
    name: "A refund that leaves a final status raises no alarm",
    at: "refund-turned-alarm",
    change: never,
    tests: [turns],
  },
  {
    name: "An external refund that is reported twice causes an error",
    at: "console-refund-repeated",
    change: always,
    tests: [guards],
  },
  {
    name: "recordTotal: two concurrent refund totals are both taken for new refunds",
    at: "refund-total-lock",
    change: drop,
    tests: [guards],
  },
  {
    name: "recordTotal: a total that our own refunds explain is recorded as an external refund",
    at: "refund-total-reserved",
    change: dropOperand,
    tests: [guards],
  },
  {
    name: "recordTotal: a total that our own reservations cover is not remembered",
    at: "refund-total-covered",
    change: drop,
    tests: [turns],
  },
  {
    name: "recordTotal: a late, smaller total replaces a greater one",
    at: "refund-total-greater",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "A refund of another transaction is recorded on the order that it names",
    at: "console-refund-trade",
    change: drop,
    tests: [turns],
  },
  {
    name: "An event with another amount ends our refund",
    at: "refund-event-amount",
    change: never,
    tests: [turns, guards],
  },
  {
    name: "A webhook, which may be stale, changes a refund in a final status",
    at: "refund-overruled",
    change: never,
    tests: [guards],
  },
  {
    name: "An event about one order ends another order's refund",
    at: "refund-event-order",
    change: dropOperand,
    tests: [guards],
  },
  {
    name: "A refund that may exist already is requested again without fetching its status first",
    at: "refund-fetch-first",
    change: never,
    tests: [guards],
  },
  {
    name: "A refund event that arrives before its payment is settled is acknowledged and lost",
    at: "refund-before-settled",
    change: never,
    tests: [guards],
  },
  {
    name: "A repeated refund_no with other content returns the first refund",
    at: "refund-same-content",
    change: drop,
    tests: [story],
  },
];
