import { secondsAfter } from "../clock.ts";
import type { Payment } from "./payment.ts";
import { isUnmade } from "./payment-state.ts";

/** The first poll of a payment or refund, in seconds after its creation: a webhook is usually faster. */
export const firstPollSeconds = 15;
/** Queries and returning buyers make the provider be asked at most once in this time. */
export const refreshGapSeconds = 3;

/** Ages in seconds at which an open payment is polled; then every 5 minutes up to 30 minutes, then every 15. */
const firstAges = [firstPollSeconds, 30, 60, 120, 300];
const everySeconds = 300;
const untilAge = 1800;
const laterEverySeconds = 900;
/** A payment in transit can take days. */
const inTransitEverySeconds = 3600;

/** A closed payment is polled once more after a day, because money may have been in transit. */
const lastPollSeconds = 24 * 3600;

const daySeconds = 24 * 3600;
/** How long after it should have ended a payment, or after its creation a refund, needs a person. */
export const stuckAfterSeconds = daySeconds;
const stuckEverySeconds = 3600;
/** Long enough for the slowest bank debit, which Stripe gives up to 14 business days. https://docs.stripe.com/payments/sepa-debit */
export const inTransitStuckSeconds = 21 * daySeconds;
/** How long a payment is still polled after its anomaly was raised: until eight days after it should have ended. */
const stuckForSeconds = 7 * daySeconds;

/**
 * When a payment that is not final begins to need a person: a day after its creation if the provider has returned
 * nothing payable yet, a day after its expiry if it can be paid, later if it is in transit.
 */
export function stuckFrom({
  createdAt,
  expiresAt,
  state,
}: Pick<Payment, "createdAt" | "expiresAt" | "state">): Date {
  if (state === "in_transit") return secondsAfter(createdAt, inTransitStuckSeconds);
  return secondsAfter(isUnmade(state) ? createdAt : expiresAt, stuckAfterSeconds);
}

/**
 * The next poll after one at `now` that found nothing final; `null`: only an event, a query or an operator fetches it.
 */
export function nextPoll(
  payment: Pick<Payment, "createdAt" | "expiresAt" | "state">,
  now: Date,
): Date | null {
  const stuck = stuckFrom(payment);
  // mutation: stuck-polled-for
  if (secondsAfter(stuck, stuckForSeconds) <= now) return null;
  if (payment.state === "in_transit") return secondsAfter(now, inTransitEverySeconds);
  if (stuck <= now) return secondsAfter(now, stuckEverySeconds);
  const age = (now.getTime() - payment.createdAt.getTime()) / 1000;
  const next = secondsAfter(payment.createdAt, nextAge(age));
  // A payment is closed at the provider by the poll at its expiry, so that poll must not wait for the next regular one.
  return payment.expiresAt > now && payment.expiresAt < next ? payment.expiresAt : next;
}

/** Polls after a success, for external refunds and disputes whose events were lost. */
const quietDays = [1, 7];

/** The next quiet poll of a paid payment; `null`: all are done, or it gets none. */
export function nextQuietPoll({ quietFrom }: Pick<Payment, "quietFrom">, now: Date): Date | null {
  if (quietFrom === null) return null;
  return (
    quietDays.map((days) => secondsAfter(quietFrom, days * daySeconds)).find((time) => time > now) ?? null
  );
}

/** Whether this poll of a paid payment only checks for missed events, and none was announced. */
export function isQuiet({ status, quietFrom }: Pick<Payment, "status" | "quietFrom">, now: Date): boolean {
  return status === "success" && quietFrom !== null && secondsAfter(quietFrom, daySeconds) <= now;
}

type Ended = Pick<Payment, "status" | "closedAt" | "quietFrom">;

/** The next poll of an ended payment; `null`: it is due now, or there is none. */
export function lastPoll(payment: Ended, now: Date): Date | null {
  if (payment.status === "success") return nextQuietPoll(payment, now);
  if (payment.status !== "closed" || payment.closedAt === null) return null;
  const last = secondsAfter(payment.closedAt, lastPollSeconds);
  return last > now ? last : null;
}

/** A merchant may have left, so that its account no longer responds. */
const silenceEndsSeconds = 8 * daySeconds;

/** An ended payment is first polled a day after its end, and until eight days after it. */
const silenceAfterEndSeconds = silenceEndsSeconds - daySeconds;

/**
 * The next poll of an ended payment if the one at `now` gets no response; `null`: its eight days are over. For a
 * refund that is announced months after the end they count from the first poll without a response.
 */
export function nextAfterNoResponse(
  { status, closedAt, quietFrom, unansweredSince }: Ended & Pick<Payment, "unansweredSince">,
  now: Date,
): Date | null {
  const ended = status === "success" ? quietFrom : closedAt;
  const hadItsTime = ended !== null && secondsAfter(ended, silenceEndsSeconds) <= now;
  const isSilent = unansweredSince !== null && secondsAfter(unansweredSince, silenceAfterEndSeconds) <= now;
  return hadItsTime && isSilent ? null : secondsAfter(now, laterEverySeconds);
}

/**
 * An open payment is no longer polled once its provider has not responded for eight days past the expiry: the merchant
 * has left, or the credentials were revoked.
 */
export function hasNotResponded(
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
