import type { Attempt } from "../attempt.ts";
import type { Rng } from "../rng.ts";
import type { TargetOrder, Targets } from "../targets.ts";
import { invalidKey } from "./keys.ts";
import { oddBody, oddId } from "./odd-input.ts";

type Call = { method: string; target: string; body?: unknown };

/** A call of the merchants' API about the victim's data: without a valid key, or with another merchant's key. */
export function merchantCall(rng: Rng, targets: Targets, entry: string): Attempt {
  const order = rng.pick(targets.victim.orders);
  const isRival = rng.oneIn(2);
  const { kind, headers } = isRival ? rivalsKey(rng, targets) : invalidKey(rng, targets);
  const calls = callsOf[entry]!;
  const { method, target, body } = rng.pick(calls)(rng, order, targets);
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const isOdd = rng.oneIn(12) && method !== "GET";
  return {
    kind: isOdd ? `${kind}, odd body` : kind,
    method: rng.oneIn(60) ? rng.pick(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]) : method,
    target: rng.oneIn(40)
      ? `${target}${target.includes("?") ? "&" : "?"}user_id=${targets.victim.userId}`
      : target,
    headers: { ...(text !== "" && { "content-type": "application/json" }), ...headers },
    body: isOdd ? oddBody(rng, text) : Buffer.from(text),
    // A list may succeed with the caller's own payments, if it shows none of the victim's.
    mayBeAnswered: isRival && entry === "list-payments",
  };
}

function rivalsKey(rng: Rng, { rival }: Targets) {
  const [kind, key] = rng.oneIn(5)
    ? ["a key that may only query", rival.queryKey]
    : ["another merchant's valid key", rival.apiKey];
  return { kind, headers: { "x-api-key": key } };
}

const base = "/api/v1/payment";

/** By the entry of the function. */
const callsOf: Record<string, readonly ((rng: Rng, order: TargetOrder, targets: Targets) => Call)[]> = {
  "create-payment": [
    (rng, order, targets) => ({
      method: "POST",
      target: `${base}/create`,
      body: flawed(rng, order, targets),
    }),
  ],
  "query-payment": [
    (rng, order) => ({ method: "GET", target: `${base}/query/${orId(rng, order.orderNo)}` }),
    (rng, order) => ({
      method: "GET",
      target: `${base}/query?out_trade_no=${orId(rng, order.outTradeNo)}`,
    }),
    (rng, order) => ({ method: "GET", target: `${base}/timeline/${orId(rng, order.orderNo)}` }),
  ],
  "close-payment": [
    (rng, order) => ({ method: "POST", target: `${base}/close/${orId(rng, order.orderNo)}` }),
  ],
  "resend-notification": [
    (rng, order) => ({
      method: "POST",
      target: `${base}/notify/resend/${orId(rng, order.orderNo)}`,
      ...(rng.oneIn(2) && { body: { event_id: rng.hex(32) } }),
    }),
  ],
  "refund-payment": [
    (rng, order) => ({
      method: "POST",
      target: `${base}/refund`,
      body: {
        ...(rng.oneIn(2) ? { order_no: order.orderNo } : { out_trade_no: order.outTradeNo }),
        refund_no: order.refundNo || `r-${rng.hex(12)}`,
        ...(rng.oneIn(2) && { amount: rng.pick(["1.00", "100.00", 0.01, order.minor / 100]) }),
      },
    }),
    (rng, order) => ({
      method: "GET",
      target: `${base}/refund/${orId(rng, order.refundNo || `r-${rng.hex(12)}`)}`,
    }),
  ],
  "list-payments": [
    (rng, order) => ({ method: "GET", target: `${base}/list${listQuery(rng, order)}` }),
    () => ({ method: "GET", target: "/api/v1/capabilities" }),
  ],
};

const orId = (rng: Rng, id: string) => (rng.oneIn(8) ? oddId(rng, id) : id);

function listQuery(rng: Rng, order: TargetOrder): string {
  return rng.pick([
    "",
    "?limit=100",
    `?provider=${order.provider}&limit=100`,
    `?status=${order.status}`,
    `?cursor=${encodeURIComponent(Buffer.from(JSON.stringify([0, order.orderNo])).toString("base64"))}`,
    `?cursor=${order.orderNo}`,
    "?limit=100000",
    "?status[]=success",
    "?from=1970-01-01T00:00:00Z&to=2999-01-01T00:00:00Z",
    "?status=success'%20OR%20'1'='1",
  ]);
}

/** An invalid create with the victim's out_trade_no. A valid one would create an order of the caller's own. */
function flawed(rng: Rng, order: TargetOrder, { victim }: Targets): unknown {
  const input = {
    provider: order.provider,
    out_trade_no: order.outTradeNo,
    subject: "Green tea",
    amount: order.minor / 100,
  };
  const flaws: unknown[] = [
    { ...input, user_id: victim.userId },
    { ...input, merchant: victim.username },
    { ...input, order_no: order.orderNo },
    { ...input, status: "success" },
    { ...input, config: victim.configs[order.provider] },
    { ...input, config: `${victim.username}` },
    { ...input, amount: rng.pick([0, -1, "1e2", "0x10", 0.001, "٣", null, 1e300, "12.345"]) },
    {
      ...input,
      provider: rng.pick([
        "__proto__",
        "constructor",
        "",
        `${order.provider}\0`,
        order.provider.toUpperCase(),
        null,
        {},
      ]),
    },
    { ...input, out_trade_no: rng.pick(["", "a/b", "x".repeat(65), "a b", {}, [order.outTradeNo]]) },
    { ...input, currency: rng.pick(["cny", "XXX", "", "CNYY", null]) },
    { ...input, return_url: rng.pick(["javascript:alert(1)", "file:///etc/passwd", "//x", "x"]) },
    { ...input, metadata: rng.pick([{ a: {} }, [], "x", Object.fromEntries(many(21))]) },
    { ...input, expires_in: rng.pick([0, -1, 59, 86_401, 1.5, "60"]) },
    { ...input, extra_params: { [rng.pick(["__proto__x", "notify_url", "seller_id", "account"])]: "1" } },
    { ...input, subject: rng.pick(["", "x".repeat(257), "a\0b", null, {}]) },
    [input],
    JSON.stringify(input).replace("{", `{"__proto__":{"status":"success"},`),
    JSON.stringify(input).replace("}", `,"amount":1}`),
  ];
  return rng.pick(flaws);
}

const many = (count: number) => Array.from({ length: count }, (_, at) => [`k${at}`, "v"]);
