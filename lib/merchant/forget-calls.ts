import { type Clock, secondsAfter } from "../clock.ts";
import { forgetBefore } from "../payment/forget-events.ts";
import type { Calls } from "./recorded-call.ts";

/** A quarter: merchants who close their books find what they sent, and no table grows with every query for years. */
const keptSeconds = 90 * 24 * 3600;

export function forgetCalls({ clock, calls }: { clock: Clock; calls: Calls }): Promise<number> {
  return forgetBefore(calls, secondsAfter(clock.now(), -keptSeconds));
}
