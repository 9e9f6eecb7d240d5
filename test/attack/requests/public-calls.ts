import { providerNames } from "../../kits/kits.ts";
import type { Attempt } from "../attempt.ts";
import type { Rng } from "../rng.ts";
import type { Targets } from "../targets.ts";
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
 * The page to which providers redirect buyers. Open orders are left out: anybody who knows the number of one may cause
 * an earlier poll of it, which changes the database.
 */
export function buyersReturn(rng: Rng, { victim, rival }: Targets): Attempt {
  const settled = ["success", "closed", "failed"];
  const order = rng.pick(
    [...victim.orders, ...rival.orders].filter(({ status }) => settled.includes(status)),
  );
  const isOdd = rng.oneIn(2);
  const provider = isOdd ? rng.pick([...providerNames, "__proto__", "", "%2e%2e", "x"]) : order.provider;
  const id = isOdd ? oddId(rng, order.orderNo) : order.orderNo;
  return {
    kind: isOdd ? "a page of no order" : "a page of a settled order",
    method: rng.oneIn(20) ? rng.pick(["POST", "PUT", "HEAD"]) : "GET",
    target: `/api/v1/public/return/${provider}/${id}${rng.pick(endings)}`,
    headers: rng.oneIn(4) ? { "x-api-key": rival.apiKey, "x-forwarded-host": "evil.example" } : {},
    body: nothing,
    mayBeAnswered: true,
  };
}

/** Public pages, and paths that are not routes. */
export function elsewhere(rng: Rng, { victim }: Targets): Attempt {
  const [order] = victim.orders;
  const target = rng.pick([
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
    ...[
      "/2015-03-31/functions/ops/invocations",
      "/api/v1/public/notify",
      `/api/v1/public/notify/${rng.pick(providerNames)}`,
    ],
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
    `/${rng.hex(rng.int(200))}`,
  ]);
  const method = rng.pick([
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
    body: hasBody ? Buffer.from(JSON.stringify({ command: "order list", args: {} })) : nothing,
    mayBeAnswered: true,
  };
}
