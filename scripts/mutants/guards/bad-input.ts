import type { Mutant } from "../mutant.ts";

const story = (name: string) => [`test/stories/${name}.test.ts`];
const properties = ["test/properties/parsers.test.ts"];

/** What stands between input that means harm, or nothing, and the books. */
export const badInputGuards: Mutant[] = [
  {
    name: "Lists: a cursor leads beyond the database's years",
    file: "lib/http/list-contracts.ts",
    tests: story("bad-input-queries"),
    from: "if (id !== undefined && isStorable(createdAt))",
    to: "if (id !== undefined)",
  },
  {
    name: "Lists: a time beyond the database's years is asked for",
    file: "lib/http/list-contracts.ts",
    tests: story("bad-input-queries"),
    from: `.refine((text) => isStorable(new Date(text)), "a time of the years 1000 to 9999, in UTC")`,
    to: "",
  },
  {
    name: "Return: a trailing space is taken for nothing",
    file: "lib/payment/return-buyer.ts",
    tests: story("bad-input-routes"),
    from: "if (first?.orderNo !== orderNo || first.provider !== provider)",
    to: "if (!first)",
  },
  {
    name: "Functions: an event without headers is an internal error",
    file: "lib/http/endpoint.ts",
    tests: story("bad-input-events"),
    from: "{ ...given, headers: given.headers ?? {} }",
    to: "given",
  },
  {
    name: "Queues: a message names a row by any text",
    file: "lib/queue/gateway-hints.ts",
    tests: story("bad-messages"),
    from: "const id = z.string().regex(/^[1-9]\\d{0,19}$/);",
    to: "const id = z.string();",
  },
  {
    name: "Queues: a message counts beyond its column",
    file: "lib/queue/gateway-hints.ts",
    tests: story("bad-messages"),
    from: "z.number().int().min(0).max(4_294_967_295)",
    to: "z.number()",
  },
  {
    name: "Refunds: one of the console in another currency is booked",
    file: "lib/refund/observe-refund.ts",
    tests: story("strange-events-stripe"),
    from: "if (currency !== payment.amount.currency)",
    to: `if (currency === "")`,
  },
  {
    name: "Stripe: a time beyond all years is read",
    file: "lib/providers/stripe/wire.ts",
    tests: story("strange-events-stripe"),
    from: ".refine((count) => isStorable(new Date(count * 1000)))",
    to: "",
  },
  {
    name: "Stripe: JSON that is no object reaches the SDK",
    file: "lib/providers/stripe/client.ts",
    tests: story("garbage-answers-stripe"),
    from: `if (typeof value !== "object" || value === null) throw new SyntaxError("not an object");\n  return value;`,
    to: "return value as object;",
  },
  {
    name: "Stripe: a buyer is sent to a script",
    file: "lib/providers/stripe/stripe.ts",
    tests: story("garbage-answers-stripe"),
    from: "!isWebUrl(url)",
    to: `url === ""`,
  },
  {
    name: "PayPal: a buyer is sent to a script",
    file: "lib/providers/paypal/paypal.ts",
    tests: story("garbage-answers-paypal"),
    from: "!isWebUrl(paymentUrl) ||",
    to: "",
  },
  {
    name: "PayPal: a time beyond all years is read",
    file: "lib/providers/paypal/wire.ts",
    tests: properties,
    from: ".refine(isStorable)",
    to: "",
  },
  {
    name: "PayPal: a certificate whose key cannot be read is an internal error",
    file: "lib/providers/paypal/certificate.ts",
    tests: ["test/providers/paypal/signature.test.ts"],
    from: `return refuse("the key of a certificate is not readable");`,
    to: "throw new Error();",
  },
  {
    name: "WeChat Pay: a time beyond all years is read",
    file: "lib/providers/wechat/wire.ts",
    tests: story("strange-events-wechat"),
    from: ".refine((text) => isStorable(new Date(text)))",
    to: "",
  },
  {
    name: "WeChat Pay: a signature may be written in more than one way",
    file: "lib/providers/wechat/signature.ts",
    tests: story("strange-events-wechat"),
    from: "/^[0-9A-Za-z+/]{1,2048}={0,2}$/",
    to: "/^\\S{1,2048}$/",
  },
  {
    name: "Alipay: two signed fields may be made one",
    file: "lib/providers/alipay/signature.ts",
    tests: story("strange-events-alipay"),
    from: "if (Object.values(signed).some((value) => /&\\w+=/.test(value)))",
    to: "if (Object.values(signed).length === 0)",
  },
  {
    name: "Alipay: a time beyond all years is read",
    file: "lib/providers/alipay/wire.ts",
    tests: story("strange-events-alipay"),
    from: ".refine((text) => isStorable(fromBeijingTime(text)))",
    to: "",
  },
  {
    name: "Settings: simulators stand in for providers in any stage",
    file: "lib/environment.ts",
    tests: ["test/environment.test.ts"],
    from: `if (STAGE === "local" && data) return data;`,
    to: "if (data) return data;",
  },
];
