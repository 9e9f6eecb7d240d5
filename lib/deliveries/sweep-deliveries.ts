import { secondsAfter } from "../clock.ts";
import { wakeUpLifeSeconds } from "../domain/delivery-schedule.ts";
import type { Gateway } from "../gateway.ts";
import { takeDueDeliveries, unmarkWoken } from "../storage/deliveries/due-deliveries.ts";

const perEndpoint = 20;
const perPass = 500;
const mostPasses = 20;

/** sweep: sends a wake-up for every due delivery without a recent one. Any number of sweeps may run at once. */
export async function sweepDeliveries(gateway: Gateway): Promise<number> {
  const now = gateway.clock.now();
  const limits = { total: perPass, perEndpoint, wokenBefore: secondsAfter(now, -wakeUpLifeSeconds) };
  let woken = 0;
  for (let pass = 0; pass < mostPasses; pass++) {
    const due = await takeDueDeliveries(gateway.db, now, limits);
    if (due.length === 0) break;
    const unsent = await gateway.wakeUps.notifyAll(
      due.map((wakeUp) => ({ ...wakeUp, insist: true })),
      now,
    );
    // mutation: sweep-unmark-unsent
    await unmarkWoken(gateway.db, unsent);
    woken += due.length - unsent.length;
    if (unsent.length > 0) break;
  }
  return woken;
}
