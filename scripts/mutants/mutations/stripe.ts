import { drop, dropOperand, head, never, operator, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("stripe");

/** What Stripe's adapter checks before it says anything: who says it, of which account, order and amount. */
export const stripeMutations: Mutation[] = [
  {
    name: "Stripe: an event with any signature is believed",
    at: "stripe-event-signature",
    change: drop,
    ...of("signature"),
  },
  {
    name: "Stripe: an old event is believed",
    at: "stripe-event-age",
    change: head(replace("-$1")),
    ...of("signature"),
  },
  {
    name: "Stripe: an event from the future is believed",
    at: "stripe-event-age",
    change: head(replace("$1")),
    ...of("signature"),
  },
  {
    name: "Stripe: a header may hold two times, one of them signed",
    at: "stripe-event-one-time",
    change: dropOperand,
    ...of("signature"),
  },
  {
    name: "Stripe: signatures of another scheme are taken",
    at: "stripe-event-scheme",
    change: head(replace('[...$0, ...$callee("v0")]')),
    ...of("signature"),
  },
  {
    name: "Stripe: test mode pays for live mode",
    at: "stripe-event-livemode",
    change: never,
    ...of("event"),
  },
  {
    name: "Stripe: a payment to a connected account is ours",
    at: "stripe-event-account",
    change: dropOperand,
    ...of("event"),
  },
  {
    name: "Stripe: a connected account's refund is ours",
    at: "stripe-refund-account",
    change: operator("==="),
    ...of("event"),
  },
  {
    name: "Stripe: an event whose name and content differ is believed",
    at: "stripe-event-content",
    change: replace("$1.this"),
    ...of("event"),
  },
  {
    name: "Stripe: a session of another order is believed",
    at: "stripe-session-order",
    change: never,
    ...of("session"),
  },
  {
    name: "Stripe: a refund of another number is ours",
    at: "stripe-refund-number",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Stripe: another refunded amount is believed",
    at: "stripe-refund-amount",
    change: replace("$1 !== undefined"),
    ...of("refund"),
  },
  {
    name: "Stripe: another refunded currency is believed",
    at: "stripe-refund-currency",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Stripe: a refund of another payment is ours",
    at: "stripe-refund-payment",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Stripe: a refund is repeated under another key, and made twice",
    at: "stripe-refund-key",
    change: replace("crypto.randomUUID()"),
    ...of("refund"),
  },
  {
    name: "Stripe: a close carries a key, and Stripe repeats an old refusal",
    at: "stripe-close-no-key",
    change: replace("$callee($1, {}, { idempotencyKey: $1 })"),
    ...of("session"),
  },
];
