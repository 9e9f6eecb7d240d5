import { randomUUID } from "node:crypto";
import { type Clock, secondsAfter } from "../clock.ts";
import { log } from "../log.ts";
import type { Anomalies } from "../payment/anomaly.ts";
import { alarmUnlisted, askProvider } from "../payment/ask-provider.ts";
import type { Configs } from "../payment/config-ports.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hints } from "../payment/ports.ts";
import type { Provider } from "../payment/provider.ts";
import { freesKey } from "../payment/refusal.ts";
import { nextRefundLook } from "./look-schedule.ts";
import type { KeyAfter, LeasedRefund, RefundFact, RefundFinished, Refunds } from "./ports.ts";
import type { Refund, RefundOutcome } from "./refund.ts";

export type RefundGateway = {
  clock: Clock;
  refunds: Refunds;
  configs: Configs;
  hints: Hints;
  anomalies: Anomalies;
};

/** Longer than the provider calls of one run may take. */
export const refundLeaseSeconds = 20;
/** How soon after an unclear answer the provider may be asked again. */
const lookGapSeconds = 3;

/** The look that it is for counts as made, so that one that cannot be made keeps no other waiting. */
export function newLease(refund: Refund, now: Date) {
  const leaseUntil = secondsAfter(now, refundLeaseSeconds);
  return { leaseToken: randomUUID(), leaseUntil, nextQueryAt: nextRefundLook(refund, now), now };
}

/** `first`: nobody has asked for it yet. `adapter`: where it is open already. */
type Drive = { first: boolean; told: "call" | "look-up"; adapter?: Provider };

/** What the provider said last, to which of its calls. `asked`: it was asked to make the refund. */
type Answered = { outcome: RefundOutcome; call: "refund" | "refund_query"; asked: boolean };

/**
 * Asks the provider for a refund and writes down what it says. Unless it is the first call it may be there already, so it
 * is looked for before it is asked for again, under the same number.
 */
export async function driveRefund(
  gateway: RefundGateway,
  leased: LeasedRefund,
  { first, told, adapter }: Drive,
): Promise<RefundOutcome> {
  const open = adapter ?? (await gateway.configs.of(leased.payment)).adapter;
  const answered = await ask(leased, open, first);
  await write(gateway, leased, answered, { first, told });
  return answered.outcome;
}

async function ask({ refund, payment }: LeasedRefund, adapter: Provider, first: boolean): Promise<Answered> {
  const broken = (why: string): RefundOutcome => ({ kind: "unknown", why });
  let outcome: RefundOutcome = { kind: "missing", why: "not asked for yet" };
  // mutation: refund-look-first
  if (!first) {
    outcome = await askProvider("refund_query", payment, {
      ask: async () =>
        (await adapter.lookRefund?.(payment, refund)) ?? broken("this provider cannot be asked about it"),
      broken,
    });
  }
  if (outcome.kind !== "missing" || !adapter.refund) return { outcome, call: "refund_query", asked: false };
  const { refund: make } = adapter;
  outcome = await askProvider("refund", payment, { ask: () => make(payment, refund), broken });
  return { outcome, call: "refund", asked: true };
}

async function write(
  gateway: RefundGateway,
  leased: LeasedRefund,
  answered: Answered,
  { first, told }: Drive,
): Promise<void> {
  const { refund, payment, leaseToken } = leased;
  const { outcome, call } = answered;
  const now = gateway.clock.now();
  const times = {
    now,
    leaseUntil: secondsAfter(now, lookGapSeconds),
    nextQueryAt: nextRefundLook(refund, now),
  };
  const ended = (to: RefundFact["to"], refundId: string, error: RefundFact["error"], notify: boolean) =>
    endRefund(gateway, leased, { to, refundId, error, told, now, notify, overrules: false, leaseToken });
  switch (outcome.kind) {
    case "refunded":
      return ended("success", outcome.refundId, null, true);
    case "failed":
      return ended("failed", outcome.refundId, outcome.error, true);
    case "pending":
      if (outcome.attention) log.alarm("refund needs a person at the provider", aboutRefund(leased));
      return gateway.refunds.pend(leased, outcome.refundId, times);
    case "refused":
      // The caller of a first call is answered with the refusal; of a later one the merchant must be told.
      if (outcome.ends === "subject") return ended("failed", "", outcome.error, told !== "call");
      return gateway.refunds.release(
        leased,
        outcome.error.code,
        times,
        keyAfter(leased, answered, { first, now }),
      );
    case "missing":
    case "unknown":
      await gateway.refunds.release(leased, outcome.why, times, keyAfter(leased, answered, { first, now }));
      if (outcome.kind === "unknown" && outcome.unlisted)
        await alarmUnlisted(gateway, payment, { call, code: outcome.unlisted, now });
  }
}

/** No call of a run that was not answered can be under way at the provider for longer. */
const settledSeconds = 60;

/**
 * A listed refusal of the merchant's making made nothing: the next call has a new key, because Stripe and PayPal repeat
 * their stored answer under the old one. Not while an earlier call may have made it yet: its key stays, until the provider
 * has been asked long enough after it, and knows no such refund.
 */
function keyAfter(
  { unclearSince }: LeasedRefund,
  { outcome, asked }: Answered,
  { first, now }: { first: boolean; now: Date },
): KeyAfter | undefined {
  if (!asked) return { unclearSince };
  if (outcome.kind !== "refused" || !freesKey(outcome)) return undefined;
  // mutation: refund-key-unclear
  const isClear =
    unclearSince === null ||
    /* mutation: refund-key-settled */ (!first && secondsAfter(unclearSince, settledSeconds) <= now);
  // This call is clear: however often it is repeated, the earlier one is no younger for it.
  return isClear ? { newKey: randomUUID() } : { unclearSince };
}

/** T5b and what follows its commit. */
export async function endRefund(
  gateway: Pick<RefundGateway, "refunds" | "hints" | "anomalies">,
  { refund, payment }: Pick<LeasedRefund, "refund" | "payment">,
  fact: RefundFact,
): Promise<void> {
  const finished = await gateway.refunds.finish(refund, payment, fact);
  await afterRefund(gateway, { refund, payment }, finished, fact.now);
}

/** Tells the merchant at once, and a person of what contradicts the books. */
export async function afterRefund(
  gateway: Pick<RefundGateway, "refunds" | "hints" | "anomalies">,
  about: { payment: Payment; refund: Pick<Refund, "refundNo" | "refundId" | "amount"> },
  finished: RefundFinished,
  now: Date,
): Promise<void> {
  const { payment, refund } = about;
  // mutation: over-refund-raised
  if (finished.kind === "over-refund") {
    const { userId, configId, provider, orderNo } = payment;
    const { refundNo, refundId, amount } = refund;
    const detail = { refund_no: refundNo, refund_id: refundId, amount_minor: amount.minor };
    await gateway.anomalies.raise({ kind: "over_refund", userId, configId, provider, orderNo, detail }, now);
  }
  if (finished.kind === "contradicts") {
    const { id: refundId, userId } = finished.refund;
    await gateway.refunds.makeDue(finished.refund, now);
    await gateway.hints.recheckRefund({ refundId, userId }, now);
  }
  if (finished.kind !== "finished") return;
  // mutation: refund-turned-alarm
  if (finished.after !== "processing") {
    log.alarm("a final refund has changed", { order_no: payment.orderNo, merchant: payment.userId });
  }
  for (const hint of finished.notifications) await gateway.hints.notify(hint, now);
}

function aboutRefund({ payment }: LeasedRefund) {
  return { order_no: payment.orderNo, merchant: payment.userId, provider: payment.provider };
}
