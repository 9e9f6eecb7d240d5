import { always, drop, dropLink, dropOperand, head, never, operator, replace, within } from "../changes.ts";
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
  {
    name: "Stripe: an event of a session that a Payment Link made is about our order",
    at: "stripe-event-our-session",
    change: never,
    tests: ["test/providers/stripe/event.test.ts"],
  },
  {
    name: "Stripe: our mark in a session's metadata is not asked for",
    at: "stripe-session-mark",
    change: dropOperand,
    tests: ["test/providers/stripe/event.test.ts"],
  },
  {
    name: "Stripe: another session's answer is believed",
    at: "stripe-answer-session",
    change: always,
    tests: ["test/providers/stripe/session.test.ts"],
  },
  {
    name: "Stripe: refunds that took a failed one's place are told before it",
    at: "stripe-failed-refunds-first",
    change: within("body", replace("$3")),
    tests: ["test/providers/stripe/session.test.ts"],
  },
  {
    name: "Stripe: a refund that failed is not seen once the charge shows none",
    at: "stripe-refunds-listed",
    change: dropOperand,
    tests: ["test/providers/stripe/session.test.ts"],
  },
  {
    name: "Stripe: a balance that is too low by message_code ends the refund",
    at: "stripe-message-code",
    change: drop,
    tests: ["test/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: a balance that is too low in words ends the refund",
    at: "stripe-balance-in-words",
    change: never,
    tests: ["test/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: another request's key means a refusal",
    at: "stripe-idempotency-error",
    change: replace("$0 + Date.now()"),
    tests: ["test/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: a refund that nobody can read is refused",
    at: "stripe-refund-unlisted",
    change: replace("{ ...$0, unlisted: undefined }"),
    tests: ["test/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: eight digits of every currency",
    at: "stripe-currency-maximum",
    change: within("left", dropOperand),
    tests: ["test/providers/stripe/limits.test.ts"],
  },
  {
    name: "Stripe: a subject is cut in UTF-16 units",
    at: "stripe-subject-unit",
    change: replace('{ ...$0, unit: "utf16" }'),
    tests: ["test/providers/stripe/limits.test.ts"],
  },
  {
    name: "Stripe: a key is taken only in the spelling of its form",
    at: "stripe-pasted-blanks",
    change: dropLink,
    tests: ["test/providers/stripe/credentials.test.ts"],
  },
  {
    name: "Stripe: an answer with a byte order mark is no JSON",
    at: "stripe-answer-bom",
    change: replace('$1.toString("utf8")'),
    tests: ["test/providers/stripe/session.test.ts"],
  },
];
