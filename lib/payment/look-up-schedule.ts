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

const daySeconds = 24 * 3600;
/** How long after it should have ended a payment, or after its begin a refund, becomes a person's matter. */
export const stuckAfterSeconds = daySeconds;
const stuckEverySeconds = 3600;
/** Long enough for the slowest bank debit, which Stripe gives up to 14 business days. https://docs.stripe.com/payments/sepa-debit */
export const startedStuckSeconds = 21 * daySeconds;
/** For so long after it is a person's matter a payment is still asked about: eight days after it should have ended. */
const stuckForSeconds = 7 * daySeconds;

/**
 * From when on a payment that is not final is a person's matter: a day after its create began where nothing is made yet, a
 * day after its end where it can be paid.
 */
export function stuckFrom({
  createdAt,
  expiresAt,
  payable,
  providerStarted,
}: Pick<Payment, "createdAt" | "expiresAt" | "payable" | "providerStarted">): Date {
  if (providerStarted) return secondsAfter(createdAt, startedStuckSeconds);
  return secondsAfter(payable === null ? createdAt : expiresAt, stuckAfterSeconds);
}

/**
 * When to ask the provider next, after a look-up at `now` that found nothing final; `null`: only an event, a query or an
 * operator asks again.
 */
export function nextLookUp(
  payment: Pick<Payment, "createdAt" | "expiresAt" | "payable" | "providerStarted">,
  now: Date,
): Date | null {
  const stuck = stuckFrom(payment);
  // mutation: stuck-asked-for
  if (secondsAfter(stuck, stuckForSeconds) <= now) return null;
  if (payment.providerStarted) return secondsAfter(now, startedEverySeconds);
  if (stuck <= now) return secondsAfter(now, stuckEverySeconds);
  const age = (now.getTime() - payment.createdAt.getTime()) / 1000;
  const next = secondsAfter(payment.createdAt, nextAge(age));
  // At its expiry a payment is closed at the provider; an order just before it would wait for the next gap.
  return payment.expiresAt > now && payment.expiresAt < next ? payment.expiresAt : next;
}

/** After a success: refunds and disputes of the provider's console whose events were lost. */
const quietDays = [1, 7];

/** The polls of a paid payment that are left; `null`: none, or none are wanted. */
export function nextQuietPoll({ quietFrom }: Pick<Payment, "quietFrom">, now: Date): Date | null {
  if (quietFrom === null) return null;
  return (
    quietDays.map((days) => secondsAfter(quietFrom, days * daySeconds)).find((time) => time > now) ?? null
  );
}

/** Whether a paid payment is asked about for what may have been missed, and not because something was announced. */
export function isQuiet({ status, quietFrom }: Pick<Payment, "status" | "quietFrom">, now: Date): boolean {
  return status === "success" && quietFrom !== null && secondsAfter(quietFrom, daySeconds) <= now;
}

type Ended = Pick<Payment, "status" | "closedAt" | "quietFrom">;

/** When an ended payment is asked about next; `null`: that time has come, or it has none. */
export function lastLook(payment: Ended, now: Date): Date | null {
  if (payment.status === "success") return nextQuietPoll(payment, now);
  if (payment.status !== "closed" || payment.closedAt === null) return null;
  const last = secondsAfter(payment.closedAt, lastLookSeconds);
  return last > now ? last : null;
}

/** A merchant may have left, so that nobody answers any more. */
const silenceEndsSeconds = 8 * daySeconds;

/** An ended payment is first asked about a day after its end, and then for as long again as makes the eight days full. */
const silenceAfterEndSeconds = silenceEndsSeconds - daySeconds;

/**
 * When to ask about an ended payment again, should a look at it at `now` get no answer; `null`: it has had its time. A
 * message may announce a refund months after the end: it has its time too, from the first look that gets no answer.
 */
export function nextAfterSilence(
  { status, closedAt, quietFrom, unansweredSince }: Ended & Pick<Payment, "unansweredSince">,
  now: Date,
): Date | null {
  const ended = status === "success" ? quietFrom : closedAt;
  const hadItsTime = ended !== null && secondsAfter(ended, silenceEndsSeconds) <= now;
  const isSilent = unansweredSince !== null && secondsAfter(unansweredSince, silenceAfterEndSeconds) <= now;
  return hadItsTime && isSilent ? null : secondsAfter(now, laterEverySeconds);
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
