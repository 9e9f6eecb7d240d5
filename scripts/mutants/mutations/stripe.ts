import { always, drop, dropLink, dropOperand, head, never, operator, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("stripe");

/** Stripe's adapter: signature, account, order and amount of every message are checked before it is used. */
export const stripeMutations: Mutation[] = [
  {
    name: "Stripe: an event with an invalid signature is accepted",
    at: "stripe-event-signature",
    change: drop,
    ...of("signature"),
  },
  {
    name: "Stripe: an old event is accepted",
    at: "stripe-event-age",
    change: head(replace("-$1")),
    ...of("signature"),
  },
  {
    name: "Stripe: an event from the future is accepted",
    at: "stripe-event-age",
    change: head(replace("$1")),
    ...of("signature"),
  },
  {
    name: "Stripe: a signature header with two timestamps, only one of them signed, is accepted",
    at: "stripe-event-one-time",
    change: dropOperand,
    ...of("signature"),
  },
  {
    name: "Stripe: signatures of another scheme (v0) are accepted",
    at: "stripe-event-scheme",
    change: head(replace('[...$0, ...$callee("v0")]')),
    ...of("signature"),
  },
  {
    name: "Stripe: a test mode event pays a live mode order",
    at: "stripe-event-livemode",
    change: never,
    ...of("event"),
  },
  {
    name: "Stripe: a payment to a connected account counts as ours",
    at: "stripe-event-account",
    change: dropOperand,
    ...of("event"),
  },
  {
    name: "Stripe: a connected account's refund counts as ours",
    at: "stripe-refund-account",
    change: operator("==="),
    ...of("event"),
  },
  {
    name: "Stripe: an event whose type contradicts its content is accepted",
    at: "stripe-event-content",
    change: replace("$1.this"),
    ...of("event"),
  },
  {
    name: "Stripe: a session of another order is applied to the payment",
    at: "stripe-session-order",
    change: never,
    ...of("session"),
  },
  {
    name: "Stripe: a refund with another refund_no counts as ours",
    at: "stripe-refund-number",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Stripe: a refund with another amount counts as ours",
    at: "stripe-refund-amount",
    change: replace("$1 !== undefined"),
    ...of("refund"),
  },
  {
    name: "Stripe: a refund in another currency counts as ours",
    at: "stripe-refund-currency",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Stripe: a refund of another payment counts as ours",
    at: "stripe-refund-payment",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "Stripe: a repeated refund uses another idempotency key and is made twice",
    at: "stripe-refund-key",
    change: replace("crypto.randomUUID()"),
    ...of("refund"),
  },
  {
    name: "Stripe: a close carries an idempotency key, so that Stripe replays an old refusal",
    at: "stripe-close-no-key",
    change: replace("$callee($1, $2, 'expire')"),
    ...of("session"),
  },
  {
    name: "Stripe: an event about a Payment Link's session is applied to our order",
    at: "stripe-event-our-session",
    change: never,
    tests: ["test/unit/providers/stripe/event.test.ts"],
  },
  {
    name: "Stripe: the order number in a session's metadata is not checked",
    at: "stripe-session-mark",
    change: dropOperand,
    tests: ["test/unit/providers/stripe/event.test.ts"],
  },
  {
    name: "Stripe: a response about another session is applied",
    at: "stripe-answer-session",
    change: always,
    tests: ["test/unit/providers/stripe/session.test.ts"],
  },
  {
    name: "Stripe: a refund that replaced a failed one is reported before the failure",
    at: "stripe-failed-refunds-first",
    change: within("body", replace("$3")),
    tests: ["test/unit/providers/stripe/session.test.ts"],
  },
  {
    name: "Stripe: a failed refund is missed once the charge shows nothing refunded",
    at: "stripe-refunds-listed",
    change: dropOperand,
    tests: ["test/unit/providers/stripe/session.test.ts"],
  },
  {
    name: "Stripe: an insufficient balance reported by message_code ends the refund",
    at: "stripe-message-code",
    change: drop,
    tests: ["test/unit/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: an insufficient balance reported only in the message text ends the refund",
    at: "stripe-balance-in-words",
    change: never,
    tests: ["test/unit/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: an answer with status 200 and an error counts as a success",
    at: "stripe-error-any-status",
    change: never,
    tests: ["test/unit/providers/stripe/checkout.test.ts"],
  },
  {
    name: "Stripe: an idempotency_error counts as a refusal",
    at: "stripe-idempotency-error",
    change: replace("$0 + Date.now()"),
    tests: ["test/unit/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: an unlisted refusal code of a refund raises no anomaly",
    at: "stripe-refund-unlisted",
    change: replace("{ ...$0, unlisted: undefined }"),
    tests: ["test/unit/providers/stripe/refund.test.ts"],
  },
  {
    name: "Stripe: the maximum amount of every currency is eight digits",
    at: "stripe-currency-maximum",
    change: within("left", dropOperand),
    tests: ["test/unit/providers/stripe/limits.test.ts"],
  },
  {
    name: "Stripe: the length of a subject is counted in UTF-16 units",
    at: "stripe-subject-unit",
    change: replace('{ ...$0, unit: "utf16" }'),
    tests: ["test/unit/providers/stripe/limits.test.ts"],
  },
  {
    name: "Stripe: a pasted key with unusual blanks is refused",
    at: "stripe-pasted-blanks",
    change: dropLink,
    tests: ["test/unit/providers/stripe/credentials.test.ts"],
  },
  {
    name: "Stripe: a response with a byte order mark is not recognised as JSON",
    at: "stripe-answer-bom",
    change: replace('$1.toString("utf8")'),
    tests: ["test/unit/providers/stripe/session.test.ts"],
  },
  {
    name: "Refunds: an external refund in another currency is recorded",
    at: "console-refund-currency",
    change: never,
    tests: ["test/hostile/malformed-events-stripe.test.ts"],
  },
  {
    name: "Stripe: a timestamp outside the database's range is accepted",
    at: "stripe-storable-time",
    change: dropLink,
    tests: ["test/hostile/malformed-events-stripe.test.ts"],
  },
  {
    name: "Stripe: a JSON response that is not an object is read",
    at: "stripe-answer-object",
    change: replace("!((_: unknown): _ is object => true)($2.1)"),
    tests: ["test/unit/providers/stripe/checkout.test.ts"],
  },
  {
    name: "Stripe: the buyer is redirected to a URL that is not http or https",
    at: "stripe-web-url",
    change: dropOperand,
    tests: ["test/hostile/garbage-answers-stripe.test.ts"],
  },
  {
    name: "Stripe: the webhook secret of a replaced endpoint is accepted forever",
    at: "former-secret-until",
    change: within("callee.object", dropLink),
    tests: ["test/ops/config-set.test.ts"],
  },
  {
    name: "Stripe: an event about a connected account's session ends our order",
    at: "stripe-connected-session",
    change: always,
    tests: ["test/ops/config-siblings.test.ts"],
  },
];
