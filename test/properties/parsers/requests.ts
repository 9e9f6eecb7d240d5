import type { APIGatewayProxyEventV2 } from "aws-lambda";
import fc from "fast-check";
import { createPaymentContract } from "../../../lib/http/create-payment-contract.ts";
import { assertJson, readJsonBody } from "../../../lib/http/json-body.ts";
import {
  cursorOf,
  listPaymentsContract,
  paymentFilter,
  readCursor,
} from "../../../lib/http/list-contracts.ts";
import { parseInput } from "../../../lib/http/parse-input.ts";
import { queryPaymentContract } from "../../../lib/http/payment-contracts.ts";
import { paymentCommand } from "../../../lib/http/payment-mapping.ts";
import { createRefundContract } from "../../../lib/http/refund-contracts.ts";
import { newApiKey, readApiKey } from "../../../lib/merchants/api-key.ts";
import { currencies } from "../../../lib/money/currencies.ts";
import { fromDecimal, type Money, NotExact, toDecimal } from "../../../lib/money/money.ts";
import { readAmount } from "../../../lib/money/read-amount.ts";
import { merchantReturnUrl } from "../../../lib/payments/return-buyer.ts";
import { providerNames } from "../../kits/kits.ts";
import { payment } from "../../unit/providers/payments.ts";
import { assertStorable } from "./facts.ts";
import { bytesLike, hardJson, jsonBytesLike, textLike } from "./hostile.ts";
import { demand, type Parser, parser } from "./parser.ts";

const [provider = "", otherProvider] = providerNames;
const order = {
  provider,
  out_trade_no: "shop-1",
  subject: "Green tea",
  body: "50 g",
  amount: "12.34",
  currency: "USD",
  notify_url: "https://shop.example/told",
  return_url: "https://shop.example/back?a=1",
  extra_params: {},
  scene: "checkout",
  expires_in: 3600,
  metadata: { cart: "7" },
  config: "default",
};
const refund = {
  order_no: "UNI20251123120000ABCDEFGHJKMNPQR",
  refund_no: "r-1",
  amount: 1.2,
  reason: "late",
};
const createContract = createPaymentContract;
const longest = 65_536;

const sent = (body: Buffer | string, isBase64Encoded = false) =>
  ({
    headers: { "content-type": "application/json" },
    body: body.toString(),
    isBase64Encoded,
  }) as unknown as APIGatewayProxyEventV2;
const requested = (queryStringParameters: Record<string, string>) =>
  ({ headers: {}, queryStringParameters, isBase64Encoded: false }) as unknown as APIGatewayProxyEventV2;

const isExact = (error: unknown) => error instanceof NotExact;
const sameAmount = (text: string, money: Money) =>
  demand(
    fromDecimal(toDecimal(money), money.currency).minor === money.minor && text !== "",
    "another amount",
  );

const number = textLike("12.34", "0.01", "1", "999999999999999", "12.3400000000000000001", "1e2");
const key = newApiKey("18446744073709551615").text;
const oldest = { createdAt: new Date("2026-01-02T03:04:05.678Z"), id: "18446744073709551615" };
const times = ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", base64url("999999999999999:7")];
const filter = {
  status: "success",
  provider,
  from: "2026-01-31T00:00:00Z",
  to: "2026-02-28T23:59:59.999+14:00",
  cursor: String(cursorOf(oldest)),
  limit: "100",
};

/** Parsers of requests from merchants and buyers. */
export const requestParsers: Parser[] = [
  parser({
    name: "JSON body",
    input: jsonBytesLike(order, refund, { amount: 1.5, list: [{ amount: 2 }] }),
    parse: (body) => readJsonBody(body, ["amount"]) as Record<string, unknown>,
    holds(value, body) {
      const same = JSON.parse(body.toString());
      if (typeof same.amount === "number") demand(Number(value.amount) === same.amount, "another amount");
      demand(
        JSON.stringify({ ...value, amount: 0 }) === JSON.stringify({ ...same, amount: 0 }),
        "differs from JSON.parse",
      );
    },
    hardest: hardJson(longest).map((text) => Buffer.from(text)),
  }),
  parser({
    name: "body of a create",
    input: fc.tuple(jsonBytesLike(order, { ...order, provider: otherProvider, scene: "qr" }), fc.boolean()),
    parse: ([body, encoded]) =>
      parseInput(createContract, sent(body, encoded)) as Parameters<typeof paymentCommand>[0],
    holds: (parsed) => {
      const made = readable(() => paymentCommand(parsed));
      if (made) demand(Number.isSafeInteger(made.amount.minor) && made.amount.minor > 0, "an invalid amount");
    },
    hardest: hardJson(longest).map((text): [Buffer, boolean] => [Buffer.from(text), false]),
  }),
  parser({
    name: "body of a refund",
    input: jsonBytesLike(refund),
    parse: (body) => parseInput(createRefundContract, sent(body)),
  }),
  parser({
    name: "query of a list",
    input: fc
      .tuple(...Object.values(filter).map((value) => textLike(value, ...times)))
      .map((values) =>
        Object.fromEntries(
          Object.keys(filter).flatMap((name, at) => (values[at] ? [[name, String(values[at])]] : [])),
        ),
      ),
    parse: (query) => paymentFilter(parseInput(listPaymentsContract, requested(query)) as never),
    holds: ({ from, to, after, limit }) => {
      demand(Number.isInteger(limit) && limit >= 1 && limit <= 100, "limit is out of range");
      for (const time of [from, to, after?.createdAt]) if (time) assertStorable(time);
    },
  }),
  parser({
    name: "path of a query",
    input: textLike("UNI20251123120000ABCDEFGHJKMNPQR"),
    parse: (order_no) =>
      parseInput(queryPaymentContract, { ...requested({}), pathParameters: { order_no } }) as {
        order_no: string;
      },
    holds: ({ order_no }) => demand(/^[\w-]{1,64}$/.test(order_no), "an invalid order number"),
    hardest: ["a".repeat(longest), "\n".repeat(longest)],
  }),
  parser({
    name: "amount",
    input: fc.tuple(number, fc.constantFrom("CNY", "JPY", "BHD", "XXX", "toString", "")),
    parse: ([text, currency]) => readAmount(text, currency),
    holds: (money, [text]) => sameAmount(text, money),
    hardest: [
      ["9".repeat(longest), "CNY"],
      [`0.${"0".repeat(longest)}`, "CNY"],
    ],
  }),
  parser({
    name: "money",
    input: fc.tuple(number, fc.constantFrom(...currencies), fc.nat({ max: 5 })),
    parse: ([text, currency, digits]) => fromDecimal(text, currency, digits),
    holds: (money, [text]) => sameAmount(text, money),
    refuses: isExact,
  }),
  parser({
    name: "cursor",
    input: fc.oneof(
      textLike(String(cursorOf(oldest))),
      textLike("1767323045678:7", "999999999999999:7").map(base64url),
    ),
    parse: readCursor,
    holds(cursor) {
      assertStorable(cursor.createdAt);
      const again = readCursor(String(cursorOf(cursor)));
      demand(
        again.id === cursor.id && again.createdAt.getTime() === cursor.createdAt.getTime(),
        "the cursor changes when it is written and read again",
      );
    },
    hardest: ["A".repeat(longest), base64url(`${"1".repeat(30_000)}:1`)],
  }),
  parser({
    name: "API key",
    input: textLike(key),
    parse: readApiKey,
    holds: (read, text) => demand(read === null || text === key, "a key that was never created is accepted"),
    hardest: [`ak_m${"1".repeat(longest)}`, `ak_m1k${"0".repeat(longest)}`],
  }),
  parser({
    name: "content type",
    input: textLike("application/json", 'application/json; charset="utf-8"'),
    parse: (type) => assertJson({ ...sent("{}"), headers: { "content-type": type } }),
    holds: (_body, type) => demand(/^\s*application\/json/i.test(type), "another content type is accepted"),
    hardest: [`application/json${" ".repeat(longest)}x`, `application/json;${" ".repeat(longest)}x`],
  }),
  parser({
    name: "return URL",
    input: textLike("https://shop.example/back?a=1&order_no=2#x", "http://127.0.0.1:8080").filter((url) =>
      /^https?:$/.test(URL.parse(url)?.protocol ?? ""),
    ),
    parse: (returnUrl) => String(merchantReturnUrl(payment({ returnUrl }))),
    holds(location, returnUrl) {
      demand(/^[!-~]*$/.test(location), "a URL that is not a valid header value");
      demand(new URL(location).host === new URL(returnUrl).host, "a redirect to another host");
    },
  }),
  parser({
    name: "base64 of a body",
    input: bytesLike(Buffer.from(JSON.stringify(order)).toString("base64")),
    parse: (body) => parseInput(createContract, sent(body.toString("latin1"), true)),
  }),
];

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

/** Undefined if the next step refuses the scene, amount or currency. */
function readable<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error && error.name === "GatewayError") return undefined;
    throw error;
  }
}
