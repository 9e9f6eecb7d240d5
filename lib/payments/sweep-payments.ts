import type { Clock } from "../clock.ts";
import type { Orders } from "./ports.ts";
import type { Refunds } from "./refund-ports.ts";

export type SweepPaymentsGateway = {
  clock: Clock;
  orders: Orders;
  refunds: Refunds;
  /** Sends wake-ups in batches; the next sweep repeats those that the queue does not accept. */
  pollAllRefunds(refunds: { refundId: string; userId: string }[], due: Date): Promise<void>;
  pollAll(orders: { orderNo: string; userId: string }[], due: Date): Promise<void>;
};

const perSweep = 1_000;

/**
 * Sends a wake-up for every payment and refund that is due for a poll, in case its own was lost. Calls no provider.
 */
export async function sweepPayments(gateway: SweepPaymentsGateway): Promise<number> {
  const now = gateway.clock.now();
  const due = await gateway.orders.dueForPoll(now, perSweep);
  await gateway.pollAll(due, now);
  const refunds = await gateway.refunds.refundsDueForPoll(now, perSweep);
  await gateway.pollAllRefunds(refunds, now);
  return due.length + refunds.length;
}
