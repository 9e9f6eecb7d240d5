import { type Clock, secondsAfter } from "../clock.ts";
import type { Hint } from "../payment/ports.ts";
import type { Deliveries } from "./ports.ts";
import { hintLifeSeconds } from "./schedule.ts";

export type SweepDeliveriesGateway = {
  clock: Clock;
  deliveries: Deliveries;
  /** Sends hints in batches and returns those that were not accepted. */
  hintAll(hints: Hint[], due: Date): Promise<Hint[]>;
};

const perEndpoint = 20;
const perPass = 500;
const mostPasses = 20;

/** T8: hints every due delivery that nobody is on the way to. Any number may sweep at the same time. */
export async function sweepDeliveries(gateway: SweepDeliveriesGateway): Promise<number> {
  const now = gateway.clock.now();
  const limits = { total: perPass, perEndpoint, hintedBefore: secondsAfter(now, -hintLifeSeconds) };
  let hinted = 0;
  for (let pass = 0; pass < mostPasses; pass++) {
    const due = await gateway.deliveries.takeDue(now, limits);
    if (due.length === 0) break;
    const unsent = await gateway.hintAll(
      due.map((hint) => ({ ...hint, insist: true })),
      now,
    );
    // mutation: sweep-unmark-unsent
    await gateway.deliveries.unmark(unsent);
    hinted += due.length - unsent.length;
    if (unsent.length > 0) break;
  }
  return hinted;
}
