import { type Clock, secondsAfter } from "../clock.ts";
import type { WakeUp } from "../payments/ports.ts";
import type { Deliveries } from "./ports.ts";
import { wakeUpLifeSeconds } from "./schedule.ts";

export type SweepDeliveriesGateway = {
  clock: Clock;
  deliveries: Deliveries;
  /** Sends wake-ups in batches and returns those that the queue did not accept. */
  wakeAll(wakeUps: WakeUp[], due: Date): Promise<WakeUp[]>;
};

const perEndpoint = 20;
const perPass = 500;
const mostPasses = 20;

/** sweep: sends a wake-up for every due delivery without a recent one. Any number of sweeps may run at once. */
export async function sweepDeliveries(gateway: SweepDeliveriesGateway): Promise<number> {
  const now = gateway.clock.now();
  const limits = { total: perPass, perEndpoint, wokenBefore: secondsAfter(now, -wakeUpLifeSeconds) };
  let woken = 0;
  for (let pass = 0; pass < mostPasses; pass++) {
    const due = await gateway.deliveries.takeDue(now, limits);
    if (due.length === 0) break;
    const unsent = await gateway.wakeAll(
      due.map((wakeUp) => ({ ...wakeUp, insist: true })),
      now,
    );
    // mutation: sweep-unmark-unsent
    await gateway.deliveries.unmark(unsent);
    woken += due.length - unsent.length;
    if (unsent.length > 0) break;
  }
  return woken;
}
