import { createHmac, timingSafeEqual } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits } from "../kits/kits.ts";
import { isPaid, ledgers } from "./come-to-rest.ts";
import type { HistoryWorld } from "./history-world.ts";
import type { Arrival } from "./merchant-endpoint.ts";
import type { Played } from "./perform.ts";

/** Compares three independent ledgers: the providers', the gateway's database and the merchants' servers. */
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
        say(
          `${name} is success here, at the provider ${JSON.stringify(held.map((row) => row.provider_status))}`,
        );
        continue;
      }
      const ours = [order.provider_account, order.amount_minor, order.currency, order.trade_no];
      const theirs = [paid.account, String(paid.amount_minor), paid.currency, paid.trade_no];
      if (!isDeepStrictEqual(ours, theirs)) say(`${name}: ours ${ours}, theirs ${theirs}`);
      const refunded = Number(order.refunded_minor);
      // Quiet polls find external refunds, but not every provider reports a partial one's amount.
      const isVague = !kits[order.provider as ProviderName].dashboardRefund.tellsPart;
      const mayDiffer = isVague && played.changedInConsole.has(String(order.order_no));
      if (!mayDiffer && refunded !== paid.refunded_minor)
        say(`${name}: refunded ${refunded} here, ${paid.refunded_minor} there`);
    } else {
      if (paid) say(`${name} is paid there and ${order.status} here`);
      const open = held.find(({ status }) => status === "open");
      if (open && order.status === "closed" && !closesHereOnly(order.provider as ProviderName))
        say(`${name} is closed here and can still be paid`);
      if (order.status === "pending") say(`${name} is pending at rest`);
      // A capture without a response whose approved order the provider has deleted since: a person is told, and nothing else is left.
      const isAnomaly =
        held.every(({ status }) => status === "closed") &&
        stuck.some(({ order_no }) => order_no === order.order_no);
      if (order.status === "processing" && !isAnomaly && !held.some(({ status }) => status === "started"))
        say(`${name} is processing at rest: ${JSON.stringify(held)}`);
    }
  }
}

/** An order that the provider does not close can still be approved, but it is never captured. */
const closesHereOnly = (provider: ProviderName) => kits[provider].contract.offline.includes("close");

/** Repeats of one create must all have returned the same `data`. */
function checkAnswers(played: Played): void {
  for (const { answers, input } of played.orders.values()) {
    const [first, ...others] = answers.map(({ status: _, ...answer }) => answer);
    if (others.some((answer) => !isDeepStrictEqual(answer, first)))
      played.wrong.push(`${input.out_trade_no} was answered differently: ${JSON.stringify(answers)}`);
  }
}

async function checkArrivals(world: HistoryWorld, played: Played): Promise<void> {
  const say = (text: string) => void played.wrong.push(text);
  const byId = Map.groupBy(world.endpoint.arrivals, ({ id }) => id);
  const sends = await world.query(
    `SELECT n.event_id, n.event, COUNT(a.id) AS sends, SUM(a.outcome = 'received') AS received,
       MAX(n.status = 'success') AS notified, MAX(n.payload) AS payload
     FROM deliveries n LEFT JOIN delivery_attempts a ON a.task_id = n.id GROUP BY n.event_id, n.event`,
  );
  for (const [id, arrivals] of byId) {
    const row = sends.find(({ event_id }) => event_id === id);
    if (!row) say(`a notification ${id} arrived that is not in deliveries`);
    else if (arrivals.length > Number(row.sends)) say(`${id}: ${arrivals.length} arrived, ${row.sends} sent`);
    if (row && arrivals.some(({ body }) => body !== row.payload)) say(`${id}: other bytes arrived`);
    for (const arrival of arrivals) if (!isSigned(world, arrival)) say(`${id}: the signature is wrong`);
  }
  for (const { event_id, event, notified, received } of sends) {
    const arrived = (byId.get(String(event_id)) ?? []).filter(({ answered }) => isReceipt(answered)).length;
    if (Number(notified) === 1 && arrived === 0)
      say(`${event} ${event_id} is success, but the merchant did not receive it`);
    if (Number(received ?? 0) > arrived)
      say(`${event} ${event_id}: ${received} recorded as received, ${arrived} arrived`);
  }
}

const isReceipt = (answered: Arrival["answered"]) =>
  typeof answered === "number" && answered >= 200 && answered < 300;

function isSigned(world: HistoryWorld, { merchant, id, timestamp, body, signature }: Arrival): boolean {
  const shop = world.shops.find(({ username }) => username === merchant)!;
  const key = Buffer.from(shop.secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  const signed = Buffer.from(signature.replace(/^v1,/, ""), "base64");
  return signed.length === expected.length && timingSafeEqual(signed, expected);
}
