import { drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const story = (name: string) => [`test/hostile/${name}.test.ts`];

/** Checks that keep malicious or meaningless input out of the database. */
export const badInputMutations: Mutation[] = [
  {
    name: "Lists: a cursor with a year outside the database's range is accepted",
    at: "cursor-storable-time",
    change: dropOperand,
    tests: story("bad-input-queries"),
  },
  {
    name: "Lists: a filter with a year outside the database's range is accepted",
    at: "list-storable-time",
    change: dropLink,
    tests: story("bad-input-queries"),
  },
  {
    name: "Return page: an order number with a trailing space is accepted",
    at: "return-order-number",
    change: within("left", replace("$1 === undefined")),
    tests: story("bad-input-routes"),
  },
  {
    name: "HTTP functions: an event without headers is answered with an internal error",
    at: "event-without-headers",
    change: drop,
    tests: story("bad-input-events"),
  },
  {
    name: "Queues: any text is accepted as the row id in a message",
    at: "message-row-id",
    change: dropLink,
    tests: story("bad-messages"),
  },
  {
    name: "Queues: a message may hold a number that does not fit its column",
    at: "message-count",
    change: dropLink,
    tests: story("bad-messages"),
  },
  {
    name: "Refunds: an external refund in another currency is recorded",
    at: "console-refund-currency",
    change: never,
    tests: story("malformed-events-stripe"),
  },
  {
    name: "Stripe: a timestamp outside the database's range is accepted",
    at: "stripe-storable-time",
    change: dropLink,
    tests: story("malformed-events-stripe"),
  },
  {
    name: "Stripe: a JSON response that is not an object reaches the SDK",
    at: "stripe-answer-object",
    change: replace("!((_: unknown): _ is object => true)($2.1)"),
    tests: story("garbage-answers-stripe"),
  },
  {
    name: "Stripe: the buyer is redirected to a URL that is not http or https",
    at: "stripe-web-url",
    change: dropOperand,
    tests: story("garbage-answers-stripe"),
  },
  {
    name: "PayPal: the buyer is redirected to a URL that is not http or https",
    at: "paypal-web-url",
    change: dropOperand,
    tests: story("garbage-answers-paypal"),
  },
  {
    name: "PayPal: a timestamp outside the database's range is accepted",
    at: "paypal-storable-time",
    change: dropLink,
    tests: ["test/unit/providers/paypal/order.test.ts"],
  },
  {
    name: "PayPal: a certificate with an unreadable key causes an internal error",
    at: "paypal-certificate-key",
    change: replace('JSON.parse("")'),
    tests: ["test/unit/providers/paypal/signature.test.ts"],
  },
  {
    name: "WeChat Pay: a timestamp outside the database's range is accepted",
    at: "wechat-storable-time",
    change: dropLink,
    tests: story("malformed-events-wechat"),
  },
  {
    name: "Alipay: a notice whose signed text could be split into other fields is accepted",
    at: "alipay-joined-fields",
    change: never,
    tests: story("malformed-events-alipay"),
  },
  {
    name: "Alipay: a timestamp outside the database's range is accepted",
    at: "alipay-storable-time",
    change: dropLink,
    tests: story("malformed-events-alipay"),
  },
  {
    name: "Deliveries: a secret echoed right after a character that makes its start look like an escape is stored",
    at: "echo-within-escape",
    change: drop,
    tests: ["test/unit/outbound/hide-echoes.test.ts"],
  },
  {
    name: "Settings: provider base URLs (simulators) are accepted in every stage",
    at: "simulators-local-only",
    change: dropOperand,
    tests: ["test/unit/environment.test.ts"],
  },
];
