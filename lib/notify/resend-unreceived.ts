import type { Clock } from "../clock.ts";
import { currentInvocation } from "../invocation.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";

/** Where a series ends without having been received. */
export type Unreceived = "exhausted" | "held";

export type ResendUnreceivedGateway = {
  clock: Clock;
  /** A merchant's series that stand at these statuses since before a time, oldest first. */
  seriesAt(
    userId: string,
    which: { statuses: readonly Unreceived[]; before: Date; limit: number },
  ): Promise<{ payment: Payment; eventId: string }[]>;
  resend(payment: Payment, eventId: string, now: Date, only: readonly Unreceived[]): Promise<Hint | null>;
  /** Sends hints in batches; what is not accepted the sweeper finds due. */
  hintAll(hints: Hint[], due: Date): Promise<Hint[]>;
};

const perBatch = 50;
const mostPerCall = 1_000;
/** Longer than a batch and its hints take. */
const leastRemainingMs = 15_000;

/**
 * Tells a merchant again whatever it never received. Each series begins anew only while it still stands at its end, so
 * asking twice, or two at once, sends nothing twice; one that ends while this runs is left to the next call.
 */
export async function resendUnreceived(
  gateway: ResendUnreceivedGateway,
  userId: string,
  statuses: readonly Unreceived[],
): Promise<{ resent: number; more: boolean }> {
  const before = gateway.clock.now();
  let resent = 0;
  while (resent < mostPerCall && currentInvocation().remainingMs() > leastRemainingMs) {
    const batch = await gateway.seriesAt(userId, { statuses, before, limit: perBatch });
    if (batch.length === 0) return { resent, more: false };
    const hints: Hint[] = [];
    for (const { payment, eventId } of batch) {
      const hint = await gateway.resend(payment, eventId, gateway.clock.now(), statuses);
      if (hint) hints.push(hint);
    }
    await gateway.hintAll(hints, gateway.clock.now());
    resent += hints.length;
  }
  return { resent, more: (await gateway.seriesAt(userId, { statuses, before, limit: 1 })).length > 0 };
}
