import { drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";
import { testsOfAdapter } from "../tests-of-adapter.ts";

const of = testsOfAdapter("paypal");

/** What PayPal's adapter checks before it says anything: who says it, of which account, order and amount. */
export const paypalMutations: Mutation[] = [
  {
    name: "PayPal: an event with any signature is believed",
    at: "paypal-event-signature",
    change: never,
    ...of("signature"),
  },
  {
    name: "PayPal: a config without a webhook id believes an event",
    at: "paypal-webhook-id",
    change: drop,
    ...of("signature"),
  },
  {
    name: "PayPal: signatures of another algorithm are taken",
    at: "paypal-algorithm",
    change: replace("/withRSA$/"),
    ...of("signature"),
  },
  {
    name: "PayPal: an old event is believed",
    at: "paypal-oldest-event",
    change: never,
    ...of("signature"),
  },
  {
    name: "PayPal: an event from the future is believed",
    at: "paypal-event-ahead",
    change: replace("$0 * 1000"),
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate comes from any host",
    at: "paypal-certificate-origin",
    change: replace("$1 !== undefined"),
    ...of("signature"),
  },
  {
    name: "PayPal: outside the local stage a certificate comes from any host",
    at: "paypal-certificate-host",
    change: dropOperand,
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate comes without TLS",
    at: "paypal-certificate-tls",
    change: within("left.left", replace("$1 !== undefined")),
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate comes from any path",
    at: "paypal-certificate-path",
    change: dropOperand,
    ...of("signature"),
  },
  {
    name: "PayPal: the certificate of any name signs",
    at: "paypal-certificate-name",
    change: replace("true"),
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate signs before and after its time",
    at: "paypal-certificate-time",
    change: never,
    ...of("signature"),
  },
  {
    name: "PayPal: a certificate need not be signed by its issuer",
    at: "paypal-certificate-issuer",
    change: replace("$1"),
    ...of("signature"),
  },
  {
    name: "PayPal: the body of an event is believed, though another has the same signature",
    at: "paypal-event-is-hint",
    change: replace('"closed"'),
    ...of("event"),
  },
  {
    name: "PayPal: an order that is not this payment's is believed",
    at: "paypal-order-number",
    change: within("left", replace("$2.1 === undefined")),
    ...of("order"),
  },
  {
    name: "PayPal: a capture is asked for under another key",
    at: "paypal-capture-key",
    change: replace("crypto.randomUUID()"),
    ...of("capture"),
  },
  {
    name: "PayPal: a refund is repeated under another key, and made twice",
    at: "paypal-refund-key",
    change: replace("crypto.randomUUID()"),
    ...of("refund"),
  },
  {
    name: "PayPal: another refunded amount is believed",
    at: "paypal-refund-amount",
    change: dropOperand,
    ...of("refund"),
  },
  {
    name: "PayPal: a refund of another number is ours",
    at: "paypal-refund-number",
    change: replace("false"),
    ...of("refund"),
  },
  {
    name: "PayPal: an event names the invoice number that a person typed into a refund",
    at: "paypal-event-invoice",
    change: within("argument", replace("$1")),
    tests: ["test/providers/paypal/event.test.ts"],
  },
  {
    name: "PayPal: a refund has the payment's invoice number, which PayPal takes once",
    at: "paypal-refund-invoice",
    change: replace('{ ...$0, invoiceId: "UNI20251123120000ABCDEFGHJKMNPQR" }'),
    tests: ["test/providers/paypal/refund.test.ts"],
  },
  {
    name: "PayPal: only the first of several issues is judged",
    at: "paypal-decisive-issue",
    change: replace("$0 * 0"),
    tests: ["test/providers/paypal/refusals.test.ts"],
  },
  {
    name: "PayPal: a capture refused by an unknown code ends the try",
    at: "paypal-capture-unlisted",
    change: replace('{ ...$0, kind: "open" }'),
    tests: ["test/providers/paypal/refusals.test.ts"],
  },
  {
    name: "PayPal: a capture that was not let in ends the try",
    at: "paypal-capture-401",
    change: dropOperand,
    tests: ["test/providers/paypal/capture.test.ts"],
  },
  {
    name: "PayPal: a forbidden capture ends the try, though the money may have been taken before",
    at: "paypal-capture-403",
    change: replace("$3"),
    tests: ["test/providers/paypal/capture.test.ts"],
  },
  {
    name: "PayPal: a refused refund is not looked for",
    at: "paypal-refund-looked-for",
    change: drop,
    tests: ["test/providers/paypal/refund.test.ts"],
  },
  {
    name: "PayPal: a refund refused by an unknown code is over",
    at: "paypal-refund-unlisted",
    change: replace("{ ...$0, unlisted: undefined }"),
    tests: ["test/providers/paypal/refusals.test.ts"],
  },
  {
    name: "PayPal: a subject is cut in UTF-16 units",
    at: "paypal-text-unit",
    change: replace('"utf16"'),
    tests: ["test/providers/paypal/limits.test.ts"],
  },
  {
    name: "PayPal: a refund's note keeps its line ends",
    at: "paypal-note-lines",
    change: replace("$this.this"),
    tests: ["test/providers/paypal/limits.test.ts"],
  },
  {
    name: "PayPal: an amount above the largest is sent",
    at: "paypal-largest-amount",
    change: never,
    tests: ["test/providers/paypal/limits.test.ts"],
  },
  {
    name: "PayPal: a refund of zero is a refund",
    at: "paypal-refund-zero",
    change: dropLink,
    tests: ["test/providers/paypal/order.test.ts"],
  },
  {
    name: "PayPal: a webhook is registered for names that PayPal does not have",
    at: "paypal-event-names",
    change: dropLink,
    tests: ["test/providers/paypal/webhooks.test.ts"],
  },
  {
    name: "PayPal: calls go out under the template of the SDK's user agent",
    at: "paypal-user-agent",
    change: drop,
    tests: ["test/providers/paypal/checkout.test.ts"],
  },
  {
    name: "PayPal: an answer that is no UTF-8 is read",
    at: "paypal-answer-utf8",
    change: drop,
    tests: ["test/providers/paypal/checkout.test.ts"],
  },
  {
    name: "PayPal: swapped credentials are taken",
    at: "paypal-swapped",
    change: never,
    tests: ["test/providers/paypal/checkout.test.ts"],
  },
];
