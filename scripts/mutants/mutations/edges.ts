import { always, drop, dropLink, dropOperand, head, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const createKeys = "test/payments/create-keys.test.ts";
const refundKeys = "test/payments/refund-keys.test.ts";
const notified = "test/payments/who-is-notified.test.ts";
const overlap = "test/payments/close-and-take-lease.test.ts";
const facts = "test/payments/unmatched-facts.test.ts";
const displaced = "test/payments/displaced-refunds.test.ts";
const resolve = "test/ops/resolve.test.ts";
const quiet = "test/stories/quiet-polls.test.ts";

/** Idempotency keys after a refusal, events that arrive too early, and the end of stuck payments and refunds. */
export const edgeMutations: Mutation[] = [
  {
    name: "A create refused with an unlisted code is retried under a new idempotency key",
    at: "key-freed-unlisted",
    change: dropOperand,
    tests: [createKeys],
  },
  {
    name: "A create refused through the provider's own fault is retried under a new idempotency key",
    at: "key-freed-by-fault",
    change: dropOperand,
    tests: [createKeys],
  },
  {
    name: "An unlisted refusal of a call that moves money counts as the merchant's fault",
    at: "move-unlisted",
    change: replace('$0 ?? { $2.1, fault: "merchant", ends: "nothing", listed: false }'),
    tests: ["test/unit/providers/alipay/refusals.test.ts", "test/unit/providers/paypal/refusals.test.ts"],
  },
  {
    name: "A create gets a new idempotency key although an earlier call may have succeeded",
    at: "create-key-unclear",
    change: dropOperand,
    tests: [createKeys],
  },
  {
    name: "A provider request that was taken over counts as clearly answered",
    at: "create-lease-unclear",
    change: drop,
    tests: [createKeys],
  },
  {
    name: "A refund gets a new idempotency key although an earlier call may have succeeded",
    at: "refund-key-unclear",
    change: always,
    tests: [refundKeys],
  },
  {
    name: "A refund never gets a new idempotency key after an unclear call, however late it is polled",
    at: "refund-key-settled",
    change: dropOperand,
    tests: [refundKeys],
  },
  {
    name: "An adapter that throws leaves the lease of its create or refund held",
    at: "adapter-defect-unknown",
    change: replace("Promise.reject(new Error(String($0)))"),
    tests: [refundKeys, createKeys],
  },
  {
    name: "An unlisted refusal code raises an anomaly for every order",
    at: "unlisted-alarm-order",
    change: replace("{ ...$0, identity: [...$2, $6] }"),
    tests: [createKeys],
  },
  {
    name: "An unlisted refusal code raises an anomaly only once ever, not once a day",
    at: "unlisted-alarm-day",
    change: drop,
    tests: [createKeys],
  },
  {
    name: "finishRefund: a caller that has lost its lease ends the refund",
    at: "refund-finish-lease",
    change: replace("$this"),
    tests: [refundKeys],
  },
  {
    name: "A caller that has lost its lease tells the merchant to use a new refund_no",
    at: "refund-refusal-lease-lost",
    change: never,
    tests: [refundKeys],
  },
  {
    name: "A create that the provider refuses on a later retry sends no notification",
    at: "create-resumed-unanswered",
    change: drop,
    tests: [notified],
  },
  {
    name: "closeOrFail: a payment is closed on a stale view of its provider request",
    at: "close-or-fail-order-lock",
    change: drop,
    tests: [overlap],
  },
  {
    name: "takeLease: a provider request is taken over on a stale view of its order",
    at: "create-lease-order-lock",
    change: dropLink,
    tests: [overlap],
  },
  {
    name: "A refund that changes from success to failed does not re-check external refunds that it had displaced",
    at: "refund-turned-displaced",
    change: within("argument", replace("[]")),
    tests: [displaced],
  },
  {
    name: "A refund that fails makes its payment not due, so that an external refund it had displaced is not reported again",
    at: "refund-displaced-poll",
    change: drop,
    tests: [displaced],
  },
  {
    name: "Refund events are applied in the provider's order instead of failures first",
    at: "refund-failures-first",
    change: head(replace("$1")),
    tests: [displaced],
  },
  {
    name: "finishRefund: what was taken from an external refund is lost although the refund itself did not move",
    at: "refund-unmoved-undone",
    change: drop,
    tests: [displaced],
  },
  {
    name: "A refund event that arrives before its payment is known to be paid is dropped",
    at: "early-fact-stored",
    change: drop,
    tests: [facts],
  },
  {
    name: "A stored early event of the other mode is applied to the payment",
    at: "fact-livemode",
    change: dropLink,
    tests: [facts],
  },
  {
    name: "A stored early event of another account is applied to the payment",
    at: "fact-account",
    change: dropLink,
    tests: [facts],
  },
  {
    name: "settle: a stored early refund that exceeds the payment makes the settlement fail",
    at: "fact-over-refund",
    change: never,
    tests: [facts],
  },
  {
    name: "Of two contradicting outcomes of one refund, the first stored one is believed without a poll",
    at: "fact-two-ends",
    change: replace("undefined"),
    tests: [facts],
  },
  {
    name: "An account with many foreign payments fills the table of early events",
    at: "facts-most-stored",
    change: never,
    tests: [facts],
  },
  {
    name: "A paid payment is never polled again",
    at: "settle-quiet-from",
    change: replace("null"),
    tests: [quiet],
  },
  {
    name: "A quiet poll that finds nothing new adds a line to the timeline",
    at: "quiet-poll-unlogged",
    change: always,
    tests: [quiet],
  },
  {
    name: "A stuck payment raises no anomaly",
    at: "stuck-payment-raised",
    change: drop,
    tests: [resolve],
  },
  {
    name: "The anomaly of a stuck payment stays open after the payment is paid",
    at: "stuck-payment-ended",
    change: drop,
    tests: [resolve],
  },
  {
    name: "The anomaly of a stuck refund stays open after the refund has ended",
    at: "stuck-refund-ended",
    change: drop,
    tests: [resolve],
  },
  {
    name: "A stuck payment is polled forever",
    at: "stuck-polled-for",
    change: drop,
    tests: [resolve],
  },
  {
    name: "An operator can end a refund while its provider is being called",
    at: "refund-resolve-lease",
    change: replace("$0 ?? ({ ...$1.1 } as never)"),
    tests: [resolve],
  },
  {
    name: "An operator can settle an order with a payment of another amount",
    at: "settle-after-all-amount",
    change: never,
    tests: [resolve],
  },
  {
    name: "A notification on which its sender crashes is sent forever",
    at: "send-most-sends",
    change: replace("$1 < 1_000"),
    tests: ["test/storage/deliveries.test.ts"],
  },
  {
    name: "Recording the outcome of a send is given up too soon",
    at: "insisting-patience",
    change: replace("$1 + Math.min($2, 200)"),
    tests: ["test/outage/database.test.ts"],
  },
];
