import type { Attempt } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import type { Known, KnownOrder } from "../known.ts";
import { strangersKey } from "./keys.ts";
import { oddBody, oddId } from "./odd-input.ts";

type Call = { method: string; target: string; body?: unknown };

/** A call of the merchants' API about what is the victim's: without a key, or with one that is another merchant's. */
export function merchantCall(dice: Dice, known: Known, entry: string): Attempt {
  const order = dice.pick(known.victim.orders);
  const isRival = dice.oneIn(2);
  const { kind, headers } = isRival ? rivalsKey(dice, known) : strangersKey(dice, known);
  const calls = callsOf[entry]!;
  const { method, target, body } = dice.pick(calls)(dice, order, known);
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const isOdd = dice.oneIn(12) && method !== "GET";
  return {
    kind: isOdd ? `${kind}, odd body` : kind,
    method: dice.oneIn(60) ? dice.pick(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]) : method,
    target: dice.oneIn(40)
      ? `${target}${target.includes("?") ? "&" : "?"}user_id=${known.victim.userId}`
      : target,
    headers: { ...(text !== "" && { "content-type": "application/json" }), ...headers },
    body: isOdd ? oddBody(dice, text) : Buffer.from(text),
    // What lists nothing of the victim's may well list the caller's own.
    mayBeAnswered: isRival && entry === "list-payments",
  };
}

function rivalsKey(dice: Dice, { rival }: Known) {
  const [kind, key] = dice.oneIn(5)
    ? ["a key that may only query", rival.queryKey]
    : ["another merchant's valid key", rival.apiKey];
  return { kind, headers: { "x-api-key": key } };
}

const base = "/api/v1/payment";

/** By the function that answers them. */
const callsOf: Record<string, readonly ((dice: Dice, order: KnownOrder, known: Known) => Call)[]> = {
  "create-payment": [
    (dice, order, known) => ({ method: "POST", target: `${base}/create`, body: flawed(dice, order, known) }),
  ],
  "query-payment": [
    (dice, order) => ({ method: "GET", target: `${base}/query/${orId(dice, order.orderNo)}` }),
    (dice, order) => ({
      method: "GET",
      target: `${base}/query?out_trade_no=${orId(dice, order.outTradeNo)}`,
    }),
    (dice, order) => ({ method: "GET", target: `${base}/timeline/${orId(dice, order.orderNo)}` }),
  ],
  "close-payment": [
    (dice, order) => ({ method: "POST", target: `${base}/close/${orId(dice, order.orderNo)}` }),
  ],
  "resend-notification": [
    (dice, order) => ({
      method: "POST",
      target: `${base}/notify/resend/${orId(dice, order.orderNo)}`,
      ...(dice.oneIn(2) && { body: { event_id: dice.hex(32) } }),
    }),
  ],
  "refund-payment": [
    (dice, order) => ({
      method: "POST",
      target: `${base}/refund`,
      body: {
        ...(dice.oneIn(2) ? { order_no: order.orderNo } : { out_trade_no: order.outTradeNo }),
        refund_no: order.refundNo || `r-${dice.hex(12)}`,
        ...(dice.oneIn(2) && { amount: dice.pick(["1.00", "100.00", 0.01, order.minor / 100]) }),
      },
    }),
    (dice, order) => ({
      method: "GET",
      target: `${base}/refund/${orId(dice, order.refundNo || `r-${dice.hex(12)}`)}`,
    }),
  ],
  "list-payments": [
    (dice, order) => ({ method: "GET", target: `${base}/list${listQuery(dice, order)}` }),
    () => ({ method: "GET", target: "/api/v1/capabilities" }),
  ],
};

const orId = (dice: Dice, id: string) => (dice.oneIn(8) ? oddId(dice, id) : id);

function listQuery(dice: Dice, order: KnownOrder): string {
  return dice.pick([
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

/** A request about the victim's order number that a merchant may not make; a flawless one would be the caller's own order. */
function flawed(dice: Dice, order: KnownOrder, { victim }: Known): unknown {
  const wanted = {
    provider: order.provider,
    out_trade_no: order.outTradeNo,
    subject: "Green tea",
    amount: order.minor / 100,
  };
  const flaws: unknown[] = [
    { ...wanted, user_id: victim.userId },
    { ...wanted, merchant: victim.username },
    { ...wanted, order_no: order.orderNo },
    { ...wanted, status: "success" },
    { ...wanted, config: victim.configs[order.provider] },
    { ...wanted, config: `${victim.username}` },
    { ...wanted, amount: dice.pick([0, -1, "1e2", "0x10", 0.001, "٣", null, 1e300, "12.345"]) },
    { ...wanted, provider: dice.pick(["__proto__", "constructor", "", "stripe\0", "ALIPAY", null, {}]) },
    { ...wanted, out_trade_no: dice.pick(["", "a/b", "x".repeat(65), "a b", {}, [order.outTradeNo]]) },
    { ...wanted, currency: dice.pick(["cny", "XXX", "", "CNYY", null]) },
    { ...wanted, return_url: dice.pick(["javascript:alert(1)", "file:///etc/passwd", "//x", "x"]) },
    { ...wanted, metadata: dice.pick([{ a: {} }, [], "x", Object.fromEntries(many(21))]) },
    { ...wanted, expires_in: dice.pick([0, -1, 59, 86_401, 1.5, "60"]) },
    { ...wanted, extra_params: { [dice.pick(["__proto__x", "notify_url", "seller_id", "account"])]: "1" } },
    { ...wanted, subject: dice.pick(["", "x".repeat(257), "a\0b", null, {}]) },
    [wanted],
    JSON.stringify(wanted).replace("{", `{"__proto__":{"status":"success"},`),
    JSON.stringify(wanted).replace("}", `,"amount":1}`),
  ];
  return dice.pick(flaws);
}

const many = (count: number) => Array.from({ length: count }, (_, at) => [`k${at}`, "v"]);
