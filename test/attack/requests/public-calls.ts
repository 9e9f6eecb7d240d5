import type { Attempt } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import { type Known, providerNames } from "../known.ts";
import { oddId } from "./odd-input.ts";

const nothing = Buffer.alloc(0);
const endings = [
  "?status=success",
  "?paid=1&trade_status=TRADE_SUCCESS",
  "?order_no=x",
  "?redirect=//evil.example",
  "",
];

/**
 * Where providers send buyers back to. Of orders that are still open it is left out: whoever knows their number may have
 * them looked up sooner, and that is written down.
 */
export function buyersReturn(dice: Dice, { victim, rival }: Known): Attempt {
  const settled = ["success", "closed", "failed"];
  const order = dice.pick(
    [...victim.orders, ...rival.orders].filter(({ status }) => settled.includes(status)),
  );
  const isOdd = dice.oneIn(2);
  const provider = isOdd ? dice.pick([...providerNames, "__proto__", "", "%2e%2e", "x"]) : order.provider;
  const id = isOdd ? oddId(dice, order.orderNo) : order.orderNo;
  return {
    kind: isOdd ? "a page of no order" : "a page of a settled order",
    method: dice.oneIn(20) ? dice.pick(["POST", "PUT", "HEAD"]) : "GET",
    target: `/api/v1/public/return/${provider}/${id}${dice.pick(endings)}`,
    headers: dice.oneIn(4) ? { "x-api-key": rival.apiKey, "x-forwarded-host": "evil.example" } : {},
    body: nothing,
    mayBeAnswered: true,
  };
}

/** Pages for everybody, and all that is no route. */
export function elsewhere(dice: Dice, { victim }: Known): Attempt {
  const [order] = victim.orders;
  const target = dice.pick([
    ...["/health", "/health?deep=1", "/openapi.json", "/", "/api", "/api/v1", "/api/v1/payment", "/health/"],
    ...[
      "/ops",
      "/admin",
      "/_local/clock",
      "/_sim/pay",
      "/metrics",
      "/.env",
      "/.git/config",
      "/dist/ops/index.js",
    ],
    ...["/2015-03-31/functions/ops/invocations", "/api/v1/public/notify", "/api/v1/public/notify/paypal"],
    ...[
      `/api/v1/payment/query/${order!.orderNo}/`,
      `/api//v1/payment/list`,
      `/api/v1/payment/../payment/list`,
    ],
    ...[
      "/%2e%2e/%2e%2e/etc/passwd",
      "/api/v1/payment/list%00",
      "/%",
      "/api/v1/Payment/list",
      "/openapi.json?x=%ff",
    ],
    `/${dice.hex(dice.int(200))}`,
  ]);
  const method = dice.pick([
    "GET",
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "PROPFIND",
  ]);
  const hasBody = method === "POST" || method === "PUT";
  return {
    kind: "no route of merchants",
    method,
    target,
    headers: hasBody ? { "content-type": "application/json" } : {},
    body: hasBody ? Buffer.from(JSON.stringify({ verb: "order list", args: {} })) : nothing,
    mayBeAnswered: true,
  };
}
