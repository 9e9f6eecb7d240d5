import { always, drop, dropLink, dropOperand, never } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const races = "test/stories/refund-races.test.ts";
const turns = "test/stories/refund-turns.test.ts";
const story = "test/stories/refund.test.ts";
const guards = "test/refund/refund-guards.test.ts";

/** The WHERE lists and transactions of a refund: T5 reserve, T5b finish, and what leads to them. */
export const refundMutations: Mutation[] = [
  {
    name: "T5: more is reserved than was paid",
    at: "reserve-fits",
    change: dropLink,
    tests: [races],
  },
  {
    name: "T5: what is not paid is refunded",
    at: "reserve-paid",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T5: a refund in another currency than the payment's is reserved",
    at: "reserve-currency",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T5: the row of a refund stays whose sum did not fit",
    at: "reserve-rolled-back",
    change: never,
    tests: [races],
  },
  {
    name: "T5: who is too late takes the first refund for its own",
    at: "reserve-own",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T5: a refund that an unanswered COMMIT has made is not recognised as one's own",
    at: "reserve-repeated-commit",
    change: always,
    tests: [guards],
  },
  {
    name: "A refund is taken over before its lease is over",
    at: "refund-takeover-lease",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "A final refund is taken over",
    at: "refund-takeover-status",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "A refund is let go by who has lost its lease",
    at: "refund-release-own",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "A final refund becomes unknown when it is let go",
    at: "refund-release-status",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T5b: a refund that has ended ends again",
    at: "refund-finish-status",
    change: dropLink,
    tests: [races],
  },
  {
    name: "T5b: more is refunded than was paid",
    at: "refund-finish-fits",
    change: dropLink,
    tests: [turns],
  },
  {
    name: "T5b: the sums of what is not paid move",
    at: "refund-finish-paid",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "T5b: the refund's row moves although its sum cannot",
    at: "refund-finish-both",
    change: drop,
    tests: [turns],
  },
  {
    name: "T5b: a refund that does not fit is an error for ever, not an anomaly",
    at: "refund-finish-over-refund",
    change: drop,
    tests: [turns],
  },
  {
    name: "A refund that does not fit is raised for nobody",
    at: "over-refund-raised",
    change: never,
    tests: [guards],
  },
  {
    name: "A final refund that changes alarms nobody",
    at: "refund-turned-alarm",
    change: never,
    tests: [turns],
  },
  {
    name: "A refund in the provider's console that is told twice is an error",
    at: "console-refund-repeated",
    change: always,
    tests: [guards],
  },
  {
    name: "Two totals that arrive at once are both held for news",
    at: "refund-total-lock",
    change: drop,
    tests: [guards],
  },
  {
    name: "A total that our own refunds account for is booked as another refund",
    at: "refund-total-reserved",
    change: dropOperand,
    tests: [guards],
  },
  {
    name: "A total that a reservation of ours has covered is forgotten",
    at: "refund-total-covered",
    change: drop,
    tests: [turns],
  },
  {
    name: "A total that comes late takes the place of a greater one",
    at: "refund-total-greater",
    change: dropLink,
    tests: [guards],
  },
  {
    name: "A refund of another transaction is booked on the order that it names",
    at: "console-refund-trade",
    change: drop,
    tests: [turns],
  },
  {
    name: "A refund of ours is ended by a word about another amount",
    at: "refund-event-amount",
    change: never,
    tests: [turns, guards],
  },
  {
    name: "A final refund is turned by a webhook, which may be an old one",
    at: "refund-overruled",
    change: never,
    tests: [guards],
  },
  {
    name: "A refund of another order is ended by a word about this one",
    at: "refund-event-order",
    change: dropOperand,
    tests: [guards],
  },
  {
    name: "A refund that may be made already is asked for again without a look",
    at: "refund-look-first",
    change: never,
    tests: [guards],
  },
  {
    name: "A refund that is told before its payment is settled is acknowledged and lost",
    at: "refund-before-settled",
    change: never,
    tests: [guards],
  },
  {
    name: "The same refund_no with other content is answered with the first refund",
    at: "refund-same-content",
    change: drop,
    tests: [story],
  },
];
