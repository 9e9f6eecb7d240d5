import { secondsAfter } from "../clock.ts";
import type { Payment } from "./payment.ts";

/** Ages at which a silent payment is asked about, in seconds; then every 5 minutes to 30 minutes, then every 15. */
const firstAges = [15, 30, 60, 120, 300];
const everySeconds = 300;
const untilAge = 1800;
const laterEverySeconds = 900;
/** A payment that the provider has started can take days. */
const startedEverySeconds = 3600;

/** A closed payment is asked about once more a day later: money may have been under way. */
const lastLookSeconds = 24 * 3600;

/** When to ask the provider next, after a look-up at `now` that found nothing final. */
export function nextLookUp(
  payment: Pick<Payment, "createdAt" | "expiresAt" | "providerStarted">,
  now: Date,
): Date {
  if (payment.providerStarted) return secondsAfter(now, startedEverySeconds);
  const age = (now.getTime() - payment.createdAt.getTime()) / 1000;
  const next = secondsAfter(payment.createdAt, nextAge(age));
  // At its expiry a payment is closed at the provider; an order just before it would wait for the next gap.
  return payment.expiresAt > now && payment.expiresAt < next ? payment.expiresAt : next;
}

/** When a payment that ended unpaid is asked about for the last time; `null`: that time has come, or it has none. */
export function lastLook({ status, closedAt }: Pick<Payment, "status" | "closedAt">, now: Date): Date | null {
  if (status !== "closed" || closedAt === null) return null;
  const last = secondsAfter(closedAt, lastLookSeconds);
  return last > now ? last : null;
}

/** A merchant may have left, so that nobody answers any more. */
const silenceEndsSeconds = 8 * 24 * 3600;

/** When to ask about an ended payment again, should a look at it at `now` get no answer; `null`: it has had its time. */
export function nextAfterSilence(
  { status, closedAt }: Pick<Payment, "status" | "closedAt">,
  now: Date,
): Date | null {
  const endedUnpaid = status === "success" ? null : closedAt;
  if (endedUnpaid !== null && secondsAfter(endedUnpaid, silenceEndsSeconds) <= now) return null;
  return secondsAfter(now, laterEverySeconds);
}

/**
 * An open payment about which the provider has said nothing for eight days past its expiry is asked about no more of
 * itself: its merchant has left, or the credentials were revoked.
 */
export function hasBeenSilent(
  { expiresAt, unansweredSince }: Pick<Payment, "expiresAt" | "unansweredSince">,
  now: Date,
): boolean {
  if (unansweredSince === null) return false;
  const since = unansweredSince > expiresAt ? unansweredSince : expiresAt;
  return secondsAfter(since, silenceEndsSeconds) <= now;
}

function nextAge(age: number): number {
  const first = firstAges.find((candidate) => candidate > age);
  if (first !== undefined) return first;
  const step = age < untilAge ? everySeconds : laterEverySeconds;
  return (Math.floor(age / step) + 1) * step;
}
