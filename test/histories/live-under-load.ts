import { checkLedgers } from "./check-ledgers.ts";
import { comeToRest } from "./come-to-rest.ts";
import { type HistoryWorld, providerNames } from "./history-world.ts";
import { type Played, perform } from "./perform.ts";
import { checkInvariants, newlyPlayed } from "./play-history.ts";

export type Load = {
  payments: number;
  /** How many things happen at the same time. */
  hands: number;
  /** What is done to the world once so many payments are paid. */
  disturbances: { afterPaid: number; act: () => Promise<void> }[];
};

/**
 * Payments that are created, paid, told and refunded in part by many hands at once, while the world is disturbed. Resolves
 * at rest, to what must never happen.
 */
export async function liveUnderLoad(world: HistoryWorld, load: Load): Promise<string[]> {
  const played = newlyPlayed(world);
  const coming = [...load.disturbances];
  let next = 0;
  let paid = 0;

  // Without one hand the others might wait for ever for what it would have done.
  const failing = new AbortController();
  async function hand(): Promise<void> {
    for (let order = next++; order < load.payments; order = next++) {
      await live(world, played, order, failing.signal);
      paid += 1;
      while (coming[0] && paid >= coming[0].afterPaid) await coming.shift()!.act();
    }
  }
  const hands = Array.from({ length: load.hands }, hand);
  for (const one of hands) one.catch((error) => failing.abort(error));
  await Promise.all(hands);
  await comeToRest(world, played);
  await checkInvariants(world, played, "at rest");
  await checkLedgers(world, played);
  return played.wrong;
}

async function live(world: HistoryWorld, played: Played, order: number, failing: AbortSignal): Promise<void> {
  const provider = order % providerNames.length;
  const wanted = {
    order,
    shop: order % 2,
    provider,
    minutes: 120,
    amount: 1234,
    subject: 0,
    second: false,
    told: true,
  };
  while (!played.orders.get(order)?.answers.length) {
    failing.throwIfAborted();
    await perform(world, played, { do: "create", ...wanted });
  }
  const position = [...played.orders.keys()].indexOf(order);
  await perform(world, played, { do: "buyer", order: position, what: "pay" });
  const number = played.orders.get(order)?.wanted.out_trade_no;
  const isPaid = "SELECT 1 FROM payment_orders WHERE out_trade_no = ? AND status = 'success'";
  const isRefunded = "SELECT 1 FROM refunds WHERE refund_no = ?";
  while (!(await found(world, isPaid, number))) {
    failing.throwIfAborted();
    await bringWhatWaits(world, played);
  }
  while (!(await found(world, isRefunded, `${number}-r0`))) {
    failing.throwIfAborted();
    await perform(world, played, { do: "refund", order: position, refund: 0, part: 1 });
  }
  await bringWhatWaits(world, played);
}

/** A database that is away has nothing yet. */
const found = (world: HistoryWorld, sql: string, value: unknown) =>
  world.query(sql, [value]).then(
    (rows) => rows.length > 0,
    (error: Error) => {
      // A test that has run out of time closes the world.
      if (error.message === "Pool is closed.") throw error;
      return false;
    },
  );

/** One webhook and one hint of each queue, whosever they are. */
async function bringWhatWaits(world: HistoryWorld, played: Played): Promise<void> {
  await perform(world, played, { do: "webhook", which: 0, keep: false });
  await perform(world, played, { do: "hint", queue: "notify", which: 0, keep: false });
  await perform(world, played, { do: "hint", queue: "recheck", which: 0, keep: false });
}
