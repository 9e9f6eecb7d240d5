import { secondsAfter } from "../clock.ts";
import { firstPollSeconds, stuckAfterSeconds } from "./poll-schedule.ts";
import type { Refund } from "./refund.ts";

/** Ages in seconds at which a refund that is not final is polled; then every hour, for eight days. */
const ages = [firstPollSeconds, 60, 300, 900, 1800, 3600];
const laterEverySeconds = 3600;
const lastAgeSeconds = 8 * 24 * 3600;

/**
 * The next poll of a refund that is in progress or of unknown outcome; `null`: only an event, the merchant's query or
 * an operator fetches it.
 */
export function nextRefundPoll({ createdAt }: Pick<Refund, "createdAt">, now: Date): Date | null {
  const age = (now.getTime() - createdAt.getTime()) / 1000;
  if (age >= lastAgeSeconds) return null;
  const next = ages.find((candidate) => candidate > age);
  return next === undefined ? secondsAfter(now, laterEverySeconds) : secondsAfter(createdAt, next);
}

export function isStuck({ createdAt, status }: Pick<Refund, "createdAt" | "status">, now: Date): boolean {
  const isOpen = status === "processing" || status === "unknown";
  return isOpen && secondsAfter(createdAt, stuckAfterSeconds) <= now;
}
