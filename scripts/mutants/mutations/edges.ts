import { always, drop, dropLink, dropOperand, head, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const createKeys = "test/payment/create-keys.test.ts";
const refundKeys = "test/refund/refund-keys.test.ts";
const notified = "test/payment/who-is-notified.test.ts";
const overlap = "test/payment/close-and-take-over.test.ts";
const facts = "test/payment/unmatched-facts.test.ts";
const displaced = "test/refund/displaced-refunds.test.ts";
const resolve = "test/ops/resolve.test.ts";
const quiet = "test/stories/quiet-polls.test.ts";

/** Keys after a refusal, facts that come too early, and what ends what is stuck. */
export const edgeMutations: Mutation[] = [
  {
    name: "A refusal that is not listed frees the key",
    at: "key-freed-unlisted",
    change: dropOperand,
    tests: [createKeys],
  },
  {
    name: "A refusal of the provider's that ends nothing frees the key",
    at: "key-freed-by-fault",
    change: dropOperand,
    tests: [createKeys],
  },
  {
    name: "An unlisted refusal of a call that moves money counts as the merchant's",
    at: "move-unlisted",
    change: replace('$0 ?? { $2.1, fault: "merchant", ends: "nothing", listed: false }'),
    tests: ["test/providers/alipay/refusals.test.ts", "test/providers/paypal/refusals.test.ts"],
  },
  {
    name: "A create gets a new key while an earlier call may have made it",
    at: "create-key-unclear",
    change: dropOperand,
    tests: [createKeys],
  },
  {
    name: "A create that was taken over counts as clearly answered",
    at: "create-takeover-unclear",
    change: drop,
    tests: [createKeys],
  },
  {
    name: "A refund gets a new key while an earlier call may have made it",
    at: "refund-key-unclear",
    change: always,
    tests: [refundKeys],
  },
  {
    name: "A refund's key is freed by no look however late",
    at: "refund-key-settled",
    change: dropOperand,
    tests: [refundKeys],
  },
  {
    name: "An adapter that throws keeps its refund leased",
    at: "adapter-defect-unknown",
    change: replace("Promise.reject(new Error(String($0)))"),
    tests: [refundKeys, createKeys],
  },
  {
    name: "An unlisted code is told once for each order",
    at: "unlisted-alarm-order",
    change: replace("{ ...$0, identity: [...$2, $6] }"),
    tests: [createKeys],
  },
  {
    name: "An unlisted code is told once for ever",
    at: "unlisted-alarm-day",
    change: drop,
    tests: [createKeys],
  },
  {
    name: "A refund is ended by a caller that has lost its lease",
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
    name: "A create that its provider refuses later is told to nobody",
    at: "create-resumed-unanswered",
    change: drop,
    tests: [notified],
  },
  {
    name: "A payment is closed by a snapshot of its attempts",
    at: "conclude-order-lock",
    change: drop,
    tests: [overlap],
  },
  {
    name: "A create is taken over by a snapshot of its order",
    at: "create-takeover-order-lock",
    change: dropLink,
    tests: [overlap],
  },
  {
    name: "A refund that succeeded and failed does not look for what it displaced",
    at: "refund-turned-displaced",
    change: within("argument", replace("[]")),
    tests: [displaced],
  },
  {
    name: "Refunds are applied in the order in which a provider lists them",
    at: "refund-failures-first",
    change: head(replace("$1")),
    tests: [displaced],
  },
  {
    name: "What was taken from a refund of the console is lost with a refund that did not move",
    at: "refund-unmoved-undone",
    change: drop,
    tests: [displaced],
  },
  {
    name: "A refund that is told before its payment is dropped",
    at: "early-fact-kept",
    change: drop,
    tests: [facts],
  },
  {
    name: "A fact of the other mode is this payment's",
    at: "fact-livemode",
    change: dropLink,
    tests: [facts],
  },
  {
    name: "A fact of another account is this payment's",
    at: "fact-account",
    change: dropLink,
    tests: [facts],
  },
  {
    name: "A refund that does not fit fails the settle",
    at: "fact-over-refund",
    change: never,
    tests: [facts],
  },
  {
    name: "Of two ends of one refund the first is believed",
    at: "fact-two-ends",
    change: replace("undefined"),
    tests: [facts],
  },
  {
    name: "An account with many other payments fills the table of facts",
    at: "facts-most-kept",
    change: never,
    tests: [facts],
  },
  {
    name: "A paid payment is never asked about again",
    at: "settle-quiet-from",
    change: replace("null"),
    tests: [quiet],
  },
  {
    name: "A quiet poll without news has a line",
    at: "quiet-look-unlogged",
    change: always,
    tests: [quiet],
  },
  {
    name: "A payment that is stuck is told to nobody",
    at: "stuck-payment-told",
    change: drop,
    tests: [resolve],
  },
  {
    name: "A payment that has ended stays a person's matter",
    at: "stuck-payment-ended",
    change: drop,
    tests: [resolve],
  },
  {
    name: "A refund that has ended stays a person's matter",
    at: "stuck-refund-ended",
    change: drop,
    tests: [resolve],
  },
  {
    name: "A payment that nobody can end is asked about for ever",
    at: "stuck-asked-for",
    change: drop,
    tests: [resolve],
  },
  {
    name: "An operator ends a refund while its provider is being asked",
    at: "refund-resolve-lease",
    change: replace("$0 ?? ({ ...$1.1 } as never)"),
    tests: [resolve],
  },
  {
    name: "An anomaly of another amount settles the order",
    at: "settle-after-all-amount",
    change: never,
    tests: [resolve],
  },
  {
    name: "A notification on which its senders die is sent for ever",
    at: "send-most-sends",
    change: replace("$1 < 1_000"),
    tests: ["test/storage/deliveries.test.ts"],
  },
  {
    name: "The outcome of a send is given up after three tries",
    at: "insisting-patience",
    change: replace("$1 + Math.min($2, 200)"),
    tests: ["test/stories/outage-database.test.ts"],
  },
];
