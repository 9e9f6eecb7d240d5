import { drop, dropOperand, never, replace, within } from "../changes.ts";
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
];
