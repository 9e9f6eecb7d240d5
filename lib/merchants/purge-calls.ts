import { type Clock, secondsAfter } from "../clock.ts";
import { purgeBefore } from "../payments/purge-events.ts";
import type { Calls } from "./api-call.ts";

/** One quarter, so that merchants can still look up what they sent when they close their accounts for it. */
const retentionSeconds = 90 * 24 * 3600;

export function purgeCalls({ clock, calls }: { clock: Clock; calls: Calls }): Promise<number> {
  return purgeBefore(calls, secondsAfter(clock.now(), -retentionSeconds));
}
