import { type Clock, secondsAfter } from "../clock.ts";
import { purgeBefore } from "../payments/purge-events.ts";
import type { Calls } from "./api-call.ts";

/** 90 days cover a merchant's quarterly closing, and keep the table from growing for years. */
const retentionSeconds = 90 * 24 * 3600;

export function purgeCalls({ clock, calls }: { clock: Clock; calls: Calls }): Promise<number> {
  return purgeBefore(calls, secondsAfter(clock.now(), -retentionSeconds));
}
