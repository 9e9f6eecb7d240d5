import { type Clock, secondsAfter } from "../clock.ts";
import { currentInvocation } from "../invocation.ts";
import type { WebhookEvents } from "./event-ports.ts";

const keptSeconds = 30 * 24 * 3600;
const perSweep = 5_000;
/** Few, because another sweeper waits for as long as a pass takes. */
const perPass = 500;
const leastRemainingMs = 15_000;

/**
 * Deletes the bodies of verified events, which hold buyers' data, a month after they came: until then they can be
 * replayed, and no provider repeats an event for longer. Besides them only the records of API calls are ever deleted.
 * Orders, refunds, timelines, notifications and their attempts are the books that merchants and auditors ask for years
 * later; and their unique keys are what makes a late repeat harmless, so a create, refund or fact whose row were gone
 * would happen once more.
 */
export function forgetEvents({ clock, events }: { clock: Clock; events: WebhookEvents }): Promise<number> {
  return forgetBefore(events, secondsAfter(clock.now(), -keptSeconds));
}

/** Deletes the oldest rows, at most 5,000 and only while there is time. */
export async function forgetBefore(rows: Pick<WebhookEvents, "forget">, time: Date): Promise<number> {
  let forgotten = 0;
  while (forgotten < perSweep && currentInvocation().remainingMs() > leastRemainingMs) {
    const count = await rows.forget(time, perPass);
    forgotten += count;
    if (count < perPass) break;
  }
  return forgotten;
}
