import type { Clock } from "../clock.ts";
import type { Refunds } from "../refund/ports.ts";
import type { Orders } from "./ports.ts";

export type SweepPaymentsGateway = {
  clock: Clock;
  orders: Orders;
  refunds: Refunds;
  /** Sends hints in batches; what is not accepted is hinted again by the next sweep. */
  recheckAllRefunds(refunds: { refundId: string; userId: string }[], due: Date): Promise<void>;
  recheckAll(orders: { orderNo: string; userId: string }[], due: Date): Promise<void>;
};

const perSweep = 1_000;

/** Hints every payment and refund whose look-up is due: the way back for hints that were lost. Asks no provider itself. */
export async function sweepPayments(gateway: SweepPaymentsGateway): Promise<number> {
  const now = gateway.clock.now();
  const due = await gateway.orders.dueForRecheck(now, perSweep);
  await gateway.recheckAll(due, now);
  const refunds = await gateway.refunds.dueForLook(now, perSweep);
  await gateway.recheckAllRefunds(refunds, now);
  return due.length + refunds.length;
}
