import type { Clock } from "../clock.ts";
import type { Orders } from "./ports.ts";

export type SweepPaymentsGateway = {
  clock: Clock;
  orders: Orders;
  /** Sends hints in batches; what is not accepted is hinted again by the next sweep. */
  recheckAll(orders: { orderNo: string; userId: string }[], due: Date): Promise<void>;
};

const perSweep = 1_000;

/** Hints every payment whose look-up is due: the way back for hints that were lost. Asks no provider itself. */
export async function sweepPayments(gateway: SweepPaymentsGateway): Promise<number> {
  const now = gateway.clock.now();
  const due = await gateway.orders.dueForRecheck(now, perSweep);
  await gateway.recheckAll(due, now);
  return due.length;
}
