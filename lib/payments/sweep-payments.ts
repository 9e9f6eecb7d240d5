import type { Gateway } from "../gateway.ts";
import { paymentsDueForPoll } from "../storage/payments/polls.ts";
import { refundsDueForPoll } from "../storage/refunds/refund-polls.ts";

const perSweep = 1_000;

/**
 * Sends a wake-up for every payment and refund that is due for a poll, in case its own was lost. Calls no provider.
 */
export async function sweepPayments(gateway: Gateway): Promise<number> {
  const now = gateway.clock.now();
  const due = await paymentsDueForPoll(gateway.db, now, perSweep);
  await gateway.wakeUps.pollAllPayments(due, now);
  const refunds = await refundsDueForPoll(gateway.db, now, perSweep);
  await gateway.wakeUps.pollAllRefunds(refunds, now);
  return due.length + refunds.length;
}
