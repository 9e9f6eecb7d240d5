import { secondsAfter } from "../clock.ts";
import type { Gateway } from "../gateway.ts";
import { purgeBefore } from "../payments/purge-events.ts";

/** 90 days cover a merchant's quarterly closing, and keep the table from growing for years. */
const retentionSeconds = 90 * 24 * 3600;

export function purgeCalls({ clock, db }: Gateway): Promise<number> {
  return purgeBefore(db, "api_calls", secondsAfter(clock.now(), -retentionSeconds));
}
