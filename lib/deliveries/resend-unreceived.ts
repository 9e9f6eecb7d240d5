import type { WakeUp } from "../domain/wake-up.ts";
import type { Gateway } from "../gateway.ts";
import { currentInvocation } from "../invocation.ts";
import { seriesAt } from "../storage/deliveries/list-deliveries.ts";
import { resend } from "../storage/deliveries/resend.ts";

/** The final statuses of a series that was not received. */
export type Unreceived = "exhausted" | "held";
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
  gateway: Gateway,
  userId: string,
  statuses: readonly Unreceived[],
): Promise<{ resent: number; more: boolean }> {
  const before = gateway.clock.now();
  let resent = 0;
  while (resent < mostPerCall && currentInvocation().remainingMs() > leastRemainingMs) {
    const batch = await seriesAt(gateway.db, userId, { statuses, before, limit: perBatch });
    if (batch.length === 0) return { resent, more: false };
    const wakeUps: WakeUp[] = [];
    for (const { payment, eventId } of batch) {
      const wakeUp = await resend(gateway.db, payment, eventId, gateway.clock.now(), statuses);
      if (wakeUp) wakeUps.push(wakeUp);
    }
    await gateway.wakeUps.notifyAll(wakeUps, gateway.clock.now());
    resent += wakeUps.length;
  }
  return { resent, more: (await seriesAt(gateway.db, userId, { statuses, before, limit: 1 })).length > 0 };
}
