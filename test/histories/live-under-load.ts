import { providerNames } from "../kits/kits.ts";
import { checkLedgers } from "./check-ledgers.ts";
import { comeToRest } from "./come-to-rest.ts";
import type { HistoryWorld } from "./history-world.ts";
import { type Played, perform } from "./perform.ts";
import { checkInvariants, newlyPlayed } from "./play-history.ts";

export type Load = {
  payments: number;
  /** The number of payments that are processed at the same time. */
  workers: number;
  /** Faults to inject, each once `afterPaid` payments are paid. */
  disturbances: { afterPaid: number; act: () => Promise<void> }[];
};

/**
 * Creates, pays, notifies and partly refunds payments in several concurrent workers, while faults are injected.
 * Resolves at rest, to all violations.
 */
export async function liveUnderLoad(world: HistoryWorld, load: Load): Promise<string[]> {
  const played = newlyPlayed(world);
  const coming = [...load.disturbances];
  let next = 0;
  let paid = 0;

  // If one worker fails the others stop too: they might wait forever for messages that it would have handled.
  const failing = new AbortController();
  async function worker(): Promise<void> {
    for (let order = next++; order < load.payments; order = next++) {
      await live(world, played, order, failing.signal);
      paid += 1;
      while (coming[0] && paid >= coming[0].afterPaid) await coming.shift()!.act();
    }
  }
  const workers = Array.from({ length: load.workers }, worker);
  for (const one of workers) one.catch((error) => failing.abort(error));
  await Promise.all(workers);
  await comeToRest(world, played);
  await checkInvariants(world, played, "at rest");
  await checkLedgers(world, played);
  return played.wrong;
}

async function live(world: HistoryWorld, played: Played, order: number, failing: AbortSignal): Promise<void> {
  const provider = order % providerNames.length;
  const input = {
    order,
    shop: order % 2,
    provider,
    minutes: 120,
    amount: 1234,
    subject: 0,
    second: false,
    notified: true,
  };
  while (!played.orders.get(order)?.answers.length) {
    failing.throwIfAborted();
    await perform(world, played, { do: "create", ...input });
  }
  const position = [...played.orders.keys()].indexOf(order);
  await perform(world, played, { do: "buyer", order: position, what: "pay" });
  const number = played.orders.get(order)?.input.out_trade_no;
  const isPaid = "SELECT 1 FROM payment_orders WHERE out_trade_no = ? AND status = 'success'";
  const isRefunded = "SELECT 1 FROM refunds WHERE refund_no = ?";
  while (!(await found(world, isPaid, number))) {
    failing.throwIfAborted();
    await handleWaiting(world, played);
  }
  while (!(await found(world, isRefunded, `${number}-r0`))) {
    failing.throwIfAborted();
    await perform(world, played, { do: "refund", order: position, refund: 0, part: 1 });
  }
  await handleWaiting(world, played);
}

/** False, too, while the database is down. */
const found = (world: HistoryWorld, sql: string, value: unknown) =>
  world.query(sql, [value]).then(
    (rows) => rows.length > 0,
    (error: Error) => {
      // A test that timed out has closed the test world.
      if (error.message === "Pool is closed.") throw error;
      return false;
    },
  );

/** Handles one webhook and one wake-up message of each queue, of any payment. */
async function handleWaiting(world: HistoryWorld, played: Played): Promise<void> {
  await perform(world, played, { do: "webhook", which: 0, keep: false });
  await perform(world, played, { do: "wake-up", queue: "notify", which: 0, keep: false });
  await perform(world, played, { do: "wake-up", queue: "poll", which: 0, keep: false });
}
