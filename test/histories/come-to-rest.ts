import type { LedgerRow } from "../../scripts/sandbox/kernel/serve-simulator.ts";
import { providerNames } from "../kits/kits.ts";
import * as calls from "./calls.ts";
import type { HistoryWorld } from "./history-world.ts";
import { judge, type Played, refundWords } from "./perform.ts";

/** Added to each deadline: wake-up messages may all be lost, and the sweeper runs once a minute. */
const sweepSeconds = 60;
const mostRounds = 400;

/**
 * Ends all faults and loses every webhook under way, so that only wake-up messages, sweeps and the clock remain. Checks
 * that every payment that is paid at its provider becomes success by its deadline. Returns when no work is left.
 */
export async function comeToRest(world: HistoryWorld, played: Played): Promise<void> {
  await endFaults(world, played);
  const deadlines = await deadlinesOf(world);
  let isDelayedMoneyDecided = false;
  for (let round = 0; round < mostRounds; round++) {
    world.doing = `coming to rest, round ${round}`;
    await sweepAndDrain(world, played);
    await missed(world, played, deadlines);
    const next = await nextTime(world, deadlines, isDelayedMoneyDecided);
    if (next !== null) {
      await world.passes(Math.max(1, Math.ceil((next - world.clock.now().getTime()) / 1000)));
      continue;
    }
    if (isDelayedMoneyDecided) return;
    // Delayed payments and pending refunds at the providers end now.
    isDelayedMoneyDecided = true;
    await decideDelayed(world);
  }
  played.wrong.push(`no rest after ${mostRounds} rounds: ${JSON.stringify(await unfinished(world))}`);
}

async function endFaults(world: HistoryWorld, played: Played): Promise<void> {
  for (const provider of providerNames) await world.tell(provider, "faults", {});
  // The second merchant's server stays as it is: notifications that it never accepts must end exhausted or held.
  world.merchantAnswers(world.shops[0]!, 200);
  for (const queue of Object.values(world.queues)) queue.down = false;
  for (let frozen = world.environments.frozen.shift(); frozen; frozen = world.environments.frozen.shift()) {
    judge(played, frozen.what, await frozen.resume());
  }
  world.webhooks.length = 0;
}

/** Runs the sweeper once, then handles every due message; webhooks caused by that are lost. */
export async function sweepAndDrain(world: HistoryWorld, played: Played): Promise<void> {
  judge(played, "sweep", await world.environments.run("sweep", calls.sweep));
  for (let handled = 1; handled > 0; ) {
    handled = 0;
    for (const queue of ["notify", "poll"] as const) {
      const now = world.clock.now().getTime();
      const { waiting } = world.queues[queue];
      const due = waiting.filter(({ visibleAt }) => visibleAt <= now);
      for (const message of due) {
        waiting.splice(waiting.indexOf(message), 1);
        judge(played, `${queue} wake-up`, await world.environments.run(queue, calls.wakeUp(queue, message)));
      }
      handled += due.length;
    }
    world.webhooks.length = 0;
  }
}

type Deadline = { row: LedgerRow; at: number };

/**
 * The longest time to the next poll, by each payment's age now: 5 minutes within its first 30, else 15; 60 if it is in
 * transit, or stuck because its end was a day ago.
 */
async function deadlinesOf(world: HistoryWorld): Promise<Deadline[]> {
  const now = world.clock.now().getTime();
  const orders = await world.query(
    `SELECT order_no, created_at, state, IF(payable IS NULL, created_at, expires_at) AS ends
     FROM payment_orders WHERE status <> 'success'`,
  );
  const paid = (await ledgers(world)).filter(isPaid);
  return orders.flatMap((order) => {
    const row = paid.find(({ order_no }) => order_no === order.order_no);
    if (!row) return [];
    const ageSeconds = (now - (order.created_at as Date).getTime()) / 1000;
    const isOld = now - (order.ends as Date).getTime() >= 24 * 3600 * 1000;
    const gap = order.state === "in_transit" || isOld ? 3600 : ageSeconds < 1800 ? 300 : 900;
    return [{ row, at: now + (gap + sweepSeconds) * 1000 }];
  });
}

async function missed(world: HistoryWorld, played: Played, deadlines: Deadline[]): Promise<void> {
  const now = world.clock.now().getTime();
  for (const { row, at } of deadlines.filter((deadline) => deadline.at < now)) {
    const sql = "SELECT status FROM payment_orders WHERE order_no = ?";
    const [order] = await world.query(sql, [row.order_no]);
    if (order?.status === "success") continue;
    const late = Math.round((now - at) / 1000);
    played.wrong.push(
      `${row.order_no} is paid at ${row.provider} and still ${order?.status}, ${late} s late`,
    );
  }
  deadlines.splice(0, deadlines.length, ...deadlines.filter((deadline) => deadline.at >= now));
}

export const isPaid = ({ status }: LedgerRow) => status === "paid" || status === "refunded";

export async function ledgers(world: HistoryWorld): Promise<LedgerRow[]> {
  const rows = await world.query("SELECT order_no, provider FROM payment_orders");
  const input = new Set(rows.map(({ order_no }) => order_no));
  const all = await Promise.all(providerNames.map((provider) => world.ledger(provider)));
  return all.flat().filter(({ order_no }) => input.has(order_no));
}

/**
 * The time of the next scheduled work; the sweeper's next run if work is due already. `null`: none. Polls of payments
 * and refunds that are pending at a provider for days count only once these have `ended`.
 */
async function nextTime(world: HistoryWorld, deadlines: Deadline[], ended: boolean): Promise<number | null> {
  const now = world.clock.now().getTime();
  const sql = `
    SELECT MIN(next_poll_at) AS time FROM payment_orders WHERE state <> 'in_transit' OR ${ended}
    UNION ALL SELECT MIN(next_poll_at) FROM refunds WHERE status = 'unknown' OR ${ended}
    UNION ALL SELECT MIN(due_at) FROM deliveries WHERE status = 'pending'
    UNION ALL SELECT MIN(lease_until) FROM deliveries WHERE status = 'sending'`;
  const rows = await world.query(sql);
  const times = [
    ...rows.flatMap(({ time }) => (time instanceof Date ? [time.getTime()] : [])),
    ...deadlines.map(({ at }) => at + 1),
  ];
  if (times.length === 0) return null;
  return Math.min(...times.map((time) => (time <= now ? now + sweepSeconds * 1000 : time)));
}

function unfinished(world: HistoryWorld): Promise<Record<string, unknown>[]> {
  return world.query(`
    SELECT 'payment' AS what, order_no AS id, provider, status, next_poll_at AS time FROM payment_orders
      WHERE next_poll_at IS NOT NULL
    UNION ALL SELECT 'refund', r.provider_refund_no, o.provider, r.status, r.next_poll_at
      FROM refunds r JOIN payment_orders o ON o.id = r.order_id WHERE r.next_poll_at IS NOT NULL
    UNION ALL SELECT 'notification', event_id, event, status, due_at
      FROM deliveries WHERE status IN ('pending', 'sending')`);
}

/** At the providers, half of the delayed payments succeed and the others fail; pending refunds succeed. */
async function decideDelayed(world: HistoryWorld): Promise<void> {
  const started = (await ledgers(world)).filter(({ status }) => status === "started");
  for (const [index, row] of started.entries()) {
    const provider = providerNames.find((name) => name === row.provider)!;
    await world.tell(provider, index % 2 ? "fail" : "pay", { order_no: row.order_no });
  }
  const refunds = await world.query(
    `SELECT r.provider_refund_no, o.provider FROM refunds r JOIN payment_orders o ON o.id = r.order_id
     WHERE r.status IN ('processing', 'unknown')`,
  );
  for (const { provider_refund_no: refund_no, provider } of refunds) {
    const name = providerNames.find((one) => one === provider)!;
    await world.tell(name, "refund-result", { refund_no, status: refundWords(name)[0] });
  }
}
