import { drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const story = (name: string) => [`test/stories/${name}.test.ts`];

/** What stands between input that means harm, or nothing, and the books. */
export const badInputMutations: Mutation[] = [
  {
    name: "Lists: a cursor leads beyond the database's years",
    at: "cursor-storable-time",
    change: dropOperand,
    tests: story("bad-input-queries"),
  },
  {
    name: "Lists: a time beyond the database's years is asked for",
    at: "list-storable-time",
    change: dropLink,
    tests: story("bad-input-queries"),
  },
  {
    name: "Return: a trailing space is taken for nothing",
    at: "return-order-number",
    change: within("left", replace("$1 === undefined")),
    tests: story("bad-input-routes"),
  },
  {
    name: "Functions: an event without headers is an internal error",
    at: "event-without-headers",
    change: drop,
    tests: story("bad-input-events"),
  },
  {
    name: "Queues: a message names a row by any text",
    at: "message-row-id",
    change: dropLink,
    tests: story("bad-messages"),
  },
  {
    name: "Queues: a message counts beyond its column",
    at: "message-count",
    change: dropLink,
    tests: story("bad-messages"),
  },
  {
    name: "Refunds: one of the console in another currency is booked",
    at: "console-refund-currency",
    change: never,
    tests: story("strange-events-stripe"),
  },
  {
    name: "Stripe: a time beyond all years is read",
    at: "stripe-storable-time",
    change: dropLink,
    tests: story("strange-events-stripe"),
  },
  {
    name: "Stripe: JSON that is no object reaches the SDK",
    at: "stripe-answer-object",
    change: replace("!((_: unknown): _ is object => true)($2.1)"),
    tests: story("garbage-answers-stripe"),
  },
  {
    name: "Stripe: a buyer is sent to a script",
    at: "stripe-web-url",
    change: dropOperand,
    tests: story("garbage-answers-stripe"),
  },
  {
    name: "PayPal: a buyer is sent to a script",
    at: "paypal-web-url",
    change: dropOperand,
    tests: story("garbage-answers-paypal"),
  },
  {
    name: "PayPal: a time beyond all years is read",
    at: "paypal-storable-time",
    change: dropLink,
    tests: ["test/providers/paypal/order.test.ts"],
  },
  {
    name: "PayPal: a certificate whose key cannot be read is an internal error",
    at: "paypal-certificate-key",
    change: replace('JSON.parse("")'),
    tests: ["test/providers/paypal/signature.test.ts"],
  },
  {
    name: "WeChat Pay: a time beyond all years is read",
    at: "wechat-storable-time",
    change: dropLink,
    tests: story("strange-events-wechat"),
  },
  {
    name: "Alipay: two signed fields may be made one",
    at: "alipay-joined-fields",
    change: never,
    tests: story("strange-events-alipay"),
  },
  {
    name: "Alipay: a time beyond all years is read",
    at: "alipay-storable-time",
    change: dropLink,
    tests: story("strange-events-alipay"),
  },
  {
    name: "Deliveries: an echo hides behind a sign that makes an escape of its beginning",
    at: "echo-within-escape",
    change: drop,
    tests: ["test/outbound/hide-echoes.test.ts"],
  },
  {
    name: "Settings: simulators stand in for providers in any stage",
    at: "simulators-local-only",
    change: dropOperand,
    tests: ["test/environment.test.ts"],
  },
];
