import { drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("paypal");

/** PayPal's adapter: signature, account, order and amount of every message are checked before it is used. */
export const paypalMutations: Mutation[] = [
  {
    name: "PayPal: an event with an invalid signature is accepted",
    at: "paypal-event-signature",
    change: never,
    ...of("signature"),
  },
  {
    name: "PayPal: a config without a webhook id accepts events",
    at: "paypal-webhook-id",
    change: drop,
    ...of("signature"),
  },
  {
    name: "PayPal: signatures of another algorithm are accepted",
    at: "paypal-algorithm",
    change: replace("/withRSA$/"),
    ...of("signature"),
  },
  {
    name: "PayPal: an old event is accepted",
    at: "paypal-oldest-event",
    change: never,
    ...of("signature"),
  },
  {
    name: "PayPal: an event from the future is accepted",
    at: "paypal-event-ahead",
    change: replace("$0 * 1000"),
    ...of("signature"),
  },
  {
    name: "PayPal: with a configured base URL, a certificate is fetched from any host",
    at: "paypal-certificate-origin",
    change: replace("$1 !== undefined"),
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate is fetched from a host that is not PayPal's",
    at: "paypal-certificate-host",
    change: dropOperand,
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate is fetched without TLS",
    at: "paypal-certificate-tls",
    change: within("left.left", replace("$1 !== undefined")),
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate is fetched from any path",
    at: "paypal-certificate-path",
    change: dropOperand,
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate with any subject name may sign events",
    at: "paypal-certificate-name",
    change: replace("true"),
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate is used outside its validity period",
    at: "paypal-certificate-time",
    change: never,
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate that its issuer did not sign is accepted",
    at: "paypal-certificate-issuer",
    change: replace("$1"),
    ...of("signature"),
  },
  {
    name: "PayPal: the content of an event is applied, although a forged body can have the same signature",
    at: "paypal-event-is-refetch",
    change: replace('"closed"'),
    ...of("event"),
  },
  {
    name: "PayPal: a response about another payment's order is applied",
    at: "paypal-order-number",
    change: within("left", replace("$2.1 === undefined")),
    ...of("order"),
  },
  {
    name: "PayPal: a repeated capture uses another idempotency key",
    at: "paypal-capture-key",
    change: replace("crypto.randomUUID()"),
    ...of("capture"),
  },
  {
    name: "PayPal: a repeated refund uses another idempotency key and is made twice",
    at: "paypal-refund-key",
    change: replace("crypto.randomUUID()"),
    ...of("refund"),
  },
  {
    name: "PayPal: a refund response with another amount is accepted",
    at: "paypal-refund-amount",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "PayPal: a refund with another custom_id counts as ours",
    at: "paypal-refund-number",
    change: replace("false"),
    ...of("refund"),
  },
  {
    name: "PayPal: an invoice number that a person typed into a refund is taken for our order number",
    at: "paypal-event-invoice",
    change: within("argument", replace("$1")),
    tests: ["test/unit/providers/paypal/event.test.ts"],
  },
  {
    name: "PayPal: a refund carries the payment's invoice number, which PayPal accepts only once",
    at: "paypal-refund-invoice",
    change: replace('{ ...$0, invoiceId: "UNI20251123120000ABCDEFGHJKMNPQR" }'),
    tests: ["test/unit/providers/paypal/refund.test.ts"],
  },
  {
    name: "PayPal: only the first of several issues in an error decides",
    at: "paypal-decisive-issue",
    change: replace("$0 * 0"),
    tests: ["test/unit/providers/paypal/refusals.test.ts"],
  },
  {
    name: "PayPal: a capture refused with an unlisted code ends the attempt, although money may have moved",
    at: "paypal-capture-unlisted",
    change: replace('{ ...$0, kind: "open" }'),
    tests: ["test/unit/providers/paypal/refusals.test.ts"],
  },
  {
    name: "PayPal: a capture refused with 401 ends the attempt, although an earlier call may have captured",
    at: "paypal-capture-401",
    change: dropOperand,
    tests: ["test/unit/providers/paypal/capture.test.ts"],
  },
  {
    name: "PayPal: a capture refused with 403 ends the attempt without checking whether the money was taken",
    at: "paypal-capture-403",
    change: replace("$3"),
    tests: ["test/unit/providers/paypal/capture.test.ts"],
  },
  {
    name: "PayPal: a refused refund is not looked up, although it may exist",
    at: "paypal-refund-looked-for",
    change: drop,
    tests: ["test/unit/providers/paypal/refund.test.ts"],
  },
  {
    name: "PayPal: an unlisted refusal code of a refund raises no anomaly",
    at: "paypal-refund-unlisted",
    change: replace("{ ...$0, unlisted: undefined }"),
    tests: ["test/unit/providers/paypal/refusals.test.ts"],
  },
  {
    name: "PayPal: the length of a subject is counted in UTF-16 units",
    at: "paypal-text-unit",
    change: replace('"utf16"'),
    tests: ["test/unit/providers/paypal/limits.test.ts"],
  },
  {
    name: "PayPal: a refund's note keeps its line breaks",
    at: "paypal-note-lines",
    change: replace("$this.this"),
    tests: ["test/unit/providers/paypal/limits.test.ts"],
  },
  {
    name: "PayPal: an amount above the maximum is sent",
    at: "paypal-largest-amount",
    change: never,
    tests: ["test/unit/providers/paypal/limits.test.ts"],
  },
  {
    name: "PayPal: a refund of zero counts as a refund",
    at: "paypal-refund-zero",
    change: dropLink,
    tests: ["test/unit/providers/paypal/order.test.ts"],
  },
  {
    name: "PayPal: a webhook is registered for event names that PayPal does not offer",
    at: "paypal-event-names",
    change: dropLink,
    tests: ["test/unit/providers/paypal/webhooks.test.ts"],
  },
  {
    name: "PayPal: requests are sent without our own user agent",
    at: "paypal-user-agent",
    change: drop,
    tests: ["test/unit/providers/paypal/checkout.test.ts"],
  },
  {
    name: "PayPal: a response that is not valid UTF-8 is read",
    at: "paypal-answer-utf8",
    change: drop,
    tests: ["test/unit/providers/paypal/checkout.test.ts"],
  },
  {
    name: "PayPal: swapped credentials are accepted",
    at: "paypal-swapped",
    change: never,
    tests: ["test/unit/providers/paypal/checkout.test.ts"],
  },
  {
    name: "PayPal: the buyer is redirected to a URL that is not http or https",
    at: "paypal-web-url",
    change: dropOperand,
    tests: ["test/hostile/garbage-answers-paypal.test.ts"],
  },
  {
    name: "PayPal: a timestamp outside the database's range is accepted",
    at: "paypal-storable-time",
    change: dropLink,
    ...of("order"),
  },
  {
    name: "PayPal: a certificate with an unreadable key causes an internal error",
    at: "paypal-certificate-key",
    change: replace('JSON.parse("")'),
    ...of("signature"),
  },
];
