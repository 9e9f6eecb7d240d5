import { createHmac, timingSafeEqual } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isPaid, ledgers } from "./come-to-rest.ts";
import type { HistoryWorld } from "./history-world.ts";
import type { Arrival } from "./merchant-endpoint.ts";
import type { Played } from "./perform.ts";

/** Compares three ledgers that know nothing of each other: the providers', our database's, the merchants' servers'. */
export async function checkLedgers(world: HistoryWorld, played: Played): Promise<void> {
  await checkProviders(world, played);
  checkAnswers(played);
  await checkArrivals(world, played);
}

async function checkProviders(world: HistoryWorld, played: Played): Promise<void> {
  const say = (text: string) => void played.wrong.push(text);
  const rows = await ledgers(world);
  const orders = await world.query("SELECT * FROM payment_orders");
  const stuck = await world.query(
    "SELECT order_no FROM anomalies WHERE kind = 'capture_stuck' AND status = 'open'",
  );
  for (const order of orders) {
    const held = rows.filter(({ order_no }) => order_no === order.order_no);
    const name = `${order.provider} ${order.order_no}`;
    const live = held.filter(({ status }) => status !== "closed" && status !== "failed");
    if (live.length > 1) say(`${name}: ${live.length} live payments at the provider`);
    const paid = held.find(isPaid);
    if (order.status === "success") {
      if (!paid) {
        say(`${name} is success, and ${JSON.stringify(held.map(({ provider_status }) => provider_status))}`);
        continue;
      }
      const ours = [order.provider_account, order.amount_minor, order.currency, order.trade_no];
      const theirs = [paid.account, String(paid.amount_minor), paid.currency, paid.trade_no];
      if (!isDeepStrictEqual(ours, theirs)) say(`${name}: ours ${ours}, theirs ${theirs}`);
      const refunded = Number(order.refunded_minor);
      // Quiet polls find the rest; how much was refunded in part these two do not tell, nor which refund it was.
      const isVague = order.provider === "alipay" || order.provider === "wechat";
      const mayDiffer = isVague && played.changedInConsole.has(String(order.order_no));
      if (!mayDiffer && refunded !== paid.refunded_minor)
        say(`${name}: refunded ${refunded} here, ${paid.refunded_minor} there`);
    } else {
      if (paid) say(`${name} is paid there and ${order.status} here`);
      const open = held.find(({ status }) => status === "open");
      if (open && order.status === "closed" && order.provider !== "paypal")
        say(`${name} is closed here and can still be paid`);
      if (order.status === "pending") say(`${name} is pending at rest`);
      // PayPal keeps no approved order for more than three hours: of a capture without an answer a person is told.
      const isToPerson = stuck.some(({ order_no }) => order_no === order.order_no);
      if (order.status === "processing" && !isToPerson && !held.some(({ status }) => status === "started"))
        say(`${name} is processing at rest: ${JSON.stringify(held)}`);
    }
  }
}

/** The same create was answered with the same `data`, whenever and however often. */
function checkAnswers(played: Played): void {
  for (const { answers, wanted } of played.orders.values()) {
    const [first, ...others] = answers.map(({ status: _, ...answer }) => answer);
    if (others.some((answer) => !isDeepStrictEqual(answer, first)))
      played.wrong.push(`${wanted.out_trade_no} was answered differently: ${JSON.stringify(answers)}`);
  }
}

async function checkArrivals(world: HistoryWorld, played: Played): Promise<void> {
  const say = (text: string) => void played.wrong.push(text);
  const byId = Map.groupBy(world.endpoint.arrivals, ({ id }) => id);
  const sends = await world.query(
    `SELECT n.event_id, n.event, COUNT(a.id) AS sends, SUM(a.outcome = 'received') AS received,
       MAX(n.status = 'success') AS told, MAX(n.payload) AS payload
     FROM notify_queue n LEFT JOIN notify_attempts a ON a.task_id = n.id GROUP BY n.event_id, n.event`,
  );
  for (const [id, arrivals] of byId) {
    const row = sends.find(({ event_id }) => event_id === id);
    if (!row) say(`a notification ${id} arrived that is in no series`);
    else if (arrivals.length > Number(row.sends)) say(`${id}: ${arrivals.length} arrived, ${row.sends} sent`);
    if (row && arrivals.some(({ body }) => body !== row.payload)) say(`${id}: other bytes arrived`);
    for (const arrival of arrivals) if (!isSigned(world, arrival)) say(`${id}: the signature is wrong`);
  }
  for (const { event_id, event, told, received } of sends) {
    const heard = (byId.get(String(event_id)) ?? []).filter(({ answered }) => isReceipt(answered)).length;
    if (Number(told) === 1 && heard === 0) say(`${event} ${event_id} counts as told, and nobody was`);
    if (Number(received ?? 0) > heard) say(`${event} ${event_id}: ${received} receipts, ${heard} heard`);
  }
}

const isReceipt = (answered: Arrival["answered"]) =>
  typeof answered === "number" && answered >= 200 && answered < 300;

function isSigned(world: HistoryWorld, { merchant, id, timestamp, body, signature }: Arrival): boolean {
  const shop = world.shops.find(({ username }) => username === merchant)!;
  const key = Buffer.from(shop.secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
