import type { Clock } from "../clock.ts";
import { currentInvocation } from "../invocation.ts";
import type { Payment } from "../payments/payment.ts";
import type { WakeUp } from "../payments/ports.ts";

/** The final statuses of a series that was not received. */
export type Unreceived = "exhausted" | "held";

export type ResendUnreceivedGateway = {
  clock: Clock;
  /** A merchant's series that have had one of these statuses since before a time, oldest first. */
  seriesAt(
    userId: string,
    which: { statuses: readonly Unreceived[]; before: Date; limit: number },
  ): Promise<{ payment: Payment; eventId: string }[]>;
  resend(payment: Payment, eventId: string, now: Date, only: readonly Unreceived[]): Promise<WakeUp | null>;
  /** Sends wake-ups in batches; the sweeper finds those that the queue does not accept. */
  wakeAll(wakeUps: WakeUp[], due: Date): Promise<WakeUp[]>;
};

const perBatch = 50;
const mostPerCall = 1_000;
/** Longer than one batch and its wake-ups take. */
const leastRemainingMs = 15_000;

/**
 * Sends again every event that the merchant never received. A series is restarted only while its last status is a
 * final one, so two calls, even at once, send nothing twice. A series that ends during the call is left to the next
 * call.
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
    const wakeUps: WakeUp[] = [];
    for (const { payment, eventId } of batch) {
      const wakeUp = await gateway.resend(payment, eventId, gateway.clock.now(), statuses);
      if (wakeUp) wakeUps.push(wakeUp);
    }
    await gateway.wakeAll(wakeUps, gateway.clock.now());
    resent += wakeUps.length;
  }
  return { resent, more: (await gateway.seriesAt(userId, { statuses, before, limit: 1 })).length > 0 };
}
