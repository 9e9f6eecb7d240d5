import { randomUUID } from "node:crypto";
import { secondsAfter } from "../clock.ts";
import type { Payment } from "../domain/payment.ts";
import { refreshGapSeconds } from "../domain/poll-schedule.ts";
import type { Provider } from "../domain/provider.ts";
import type {
  KeyAfter,
  LeasedRefund,
  Refund,
  RefundFact,
  RefundFinished,
  RefundOutcome,
} from "../domain/refund.ts";
import { nextRefundPoll } from "../domain/refund-poll-schedule.ts";
import { freesKey } from "../domain/refusal.ts";
import type { Gateway } from "../gateway.ts";
import { log } from "../log.ts";
import { raiseAnomaly } from "../storage/anomalies.ts";
import { finishRefund } from "../storage/refunds/finish-refund.ts";
import { markRefundPending, releaseRefund } from "../storage/refunds/refund-lease.ts";
import { makeRefundDue } from "../storage/refunds/refund-polls.ts";
import { alarmUnlisted, askProvider } from "./ask-provider.ts";
/** Longer than the provider calls of one run may take. */
export const refundLeaseSeconds = 20;

/** Counts this poll as done now, so that a poll that fails does not block others. */
export function newLease(refund: Refund, now: Date) {
  const leaseUntil = secondsAfter(now, refundLeaseSeconds);
  return { leaseToken: randomUUID(), leaseUntil, nextPollAt: nextRefundPoll(refund, now), now };
}

/** `first`: it was never requested before. `adapter`: if it is open already. */
type Drive = { first: boolean; source: "call" | "poll"; adapter?: Provider };

/** The provider's last answer and the call that got it. `wasRequested`: the refund itself was requested. */
type Answered = { outcome: RefundOutcome; call: "refund" | "refund_query"; wasRequested: boolean };

/**
 * Requests a refund and stores the outcome. Unless it is the first call the refund may exist already, so it is fetched
 * before it is requested again under the same number.
 */
export async function driveRefund(
  gateway: Gateway,
  leased: LeasedRefund,
  { first, source, adapter }: Drive,
): Promise<RefundOutcome> {
  const open = adapter ?? (await gateway.configs.of(leased.payment)).adapter;
  const answered = await ask(leased, open, first);
  await write(gateway, leased, answered, { first, source });
  return answered.outcome;
}

async function ask({ refund, payment }: LeasedRefund, adapter: Provider, first: boolean): Promise<Answered> {
  const broken = (why: string): RefundOutcome => ({ kind: "unknown", why });
  let outcome: RefundOutcome = { kind: "missing", why: "not requested yet" };
  // mutation: refund-fetch-first
  if (!first) {
    outcome = await askProvider("refund_query", payment, {
      ask: async () =>
        (await adapter.fetchRefund?.(payment, refund)) ?? broken("this provider has no refund query"),
      broken,
    });
  }
  if (outcome.kind !== "missing" || !adapter.refund)
    return { outcome, call: "refund_query", wasRequested: false };
  const { refund: make } = adapter;
  outcome = await askProvider("refund", payment, { ask: () => make(payment, refund), broken });
  return { outcome, call: "refund", wasRequested: true };
}

async function write(
  gateway: Gateway,
  leased: LeasedRefund,
  answered: Answered,
  { first, source }: Drive,
): Promise<void> {
  const { refund, payment, leaseToken } = leased;
  const { outcome, call } = answered;
  const now = gateway.clock.now();
  const times = {
    now,
    leaseUntil: secondsAfter(now, refreshGapSeconds),
    nextPollAt: nextRefundPoll(refund, now),
  };
  const ended = (to: RefundFact["to"], refundId: string, error: RefundFact["error"], notify: boolean) =>
    endRefund(gateway, leased, { to, refundId, error, source, now, notify, overrules: false, leaseToken });
  switch (outcome.kind) {
    case "refunded":
      return ended("success", outcome.refundId, null, true);
    case "failed":
      return ended("failed", outcome.refundId, outcome.error, true);
    case "pending":
      if (outcome.attention) log.alarm("refund needs a person at the provider", aboutRefund(leased));
      return markRefundPending(gateway.db, leased, outcome.refundId, times);
    case "refused":
      // The first call's refusal is its response; after a later one the merchant must be notified.
      if (outcome.ends === "subject") return ended("failed", "", outcome.error, source !== "call");
      return releaseRefund(
        gateway.db,
        leased,
        outcome.error.code,
        times,
        keyAfter(leased, answered, { first, now }),
      );
    case "missing":
    case "unknown":
      await releaseRefund(gateway.db, leased, outcome.why, times, keyAfter(leased, answered, { first, now }));
      if (outcome.kind === "unknown" && outcome.unlisted)
        await alarmUnlisted(gateway, payment, { call, code: outcome.unlisted, now });
  }
}

/** After this time, in seconds, an unanswered call of a run is no longer in progress at the provider. */
const settledSeconds = 60;

/**
 * After a listed refusal for the merchant's fault no refund exists, so the next call has a new key: Stripe and PayPal
 * repeat their stored answer under the old one. The key stays while an earlier unclear call may still have made the
 * refund, until a fetch long enough after it finds none.
 */
function keyAfter(
  { unclearSince }: LeasedRefund,
  { outcome, wasRequested }: Answered,
  { first, now }: { first: boolean; now: Date },
): KeyAfter | undefined {
  if (!wasRequested) return { unclearSince };
  if (outcome.kind !== "refused" || !freesKey(outcome)) return undefined;
  // mutation: refund-key-unclear
  const isClear =
    unclearSince === null ||
    /* mutation: refund-key-settled */ (!first && secondsAfter(unclearSince, settledSeconds) <= now);
  // This call was clearly answered, so the start of the earlier unclear call stays as it is.
  return isClear ? { newKey: randomUUID() } : { unclearSince };
}

/** finishRefund and what follows its commit. */
export async function endRefund(
  gateway: Gateway,
  { refund, payment }: Pick<LeasedRefund, "refund" | "payment">,
  fact: RefundFact,
): Promise<void> {
  const finished = await finishRefund(gateway.db, refund, payment, fact);
  await afterRefund(gateway, { refund, payment }, finished, fact);
}

/** Notifies the merchant, and raises an anomaly for what contradicts the ledger. */
export async function afterRefund(
  gateway: Gateway,
  about: { payment: Payment; refund: Pick<Refund, "refundNo" | "refundId" | "amount"> },
  finished: RefundFinished,
  { now, isReplay = false }: Pick<RefundFact, "now" | "isReplay">,
): Promise<void> {
  const { payment, refund } = about;
  // mutation: over-refund-raised
  if (finished.kind === "over-refund") {
    const { userId, configId, provider, orderNo } = payment;
    const { refundNo, refundId, amount } = refund;
    const detail = { refund_no: refundNo, refund_id: refundId, amount_minor: amount.minor };
    await raiseAnomaly(
      gateway.db,
      { kind: "over_refund", userId, configId, provider, orderNo, detail, isReplay },
      now,
    );
  }
  if (finished.kind === "contradicts") {
    const { id: refundId, userId } = finished.refund;
    await makeRefundDue(gateway.db, finished.refund, now);
    await gateway.wakeUps.pollRefund({ refundId, userId }, now);
  }
  if (finished.kind !== "finished") return;
  // mutation: refund-turned-alarm
  if (finished.after !== "processing") {
    log.alarm("a final refund has changed", { order_no: payment.orderNo, merchant: payment.userId });
  }
  for (const wakeUp of finished.notifications) await gateway.wakeUps.notify(wakeUp, now);
}

function aboutRefund({ payment }: LeasedRefund) {
  return { order_no: payment.orderNo, merchant: payment.userId, provider: payment.provider };
}
