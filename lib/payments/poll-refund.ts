import { secondsAfter } from "../clock.ts";
import type { Caller } from "../domain/caller.ts";
import type { RefundOutcome, StoredRefund } from "../domain/refund.ts";
import { isStuck, nextRefundPoll } from "../domain/refund-poll-schedule.ts";
import { stuckRefund } from "../domain/stuck-refund.ts";
import { meaningOf } from "../domain/wake-up.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { log, nameOf } from "../log.ts";
import { raiseAnomalyOnce } from "../storage/anomalies.ts";
import { findRefund, findRefundById } from "../storage/refunds/find-refund.ts";
import { takeRefundLease } from "../storage/refunds/refund-lease.ts";
import { claimRefundPoll, endRefundPolls } from "../storage/refunds/refund-polls.ts";
import { askProvider } from "./ask-provider.ts";
import { overLimitSeconds } from "./poll-limiter.ts";
import { driveRefund, endRefund, newLease } from "./run-refund.ts";

type Woken = { refundId: string; userId: string };

/** The current refund. One that is not final is fetched first, at most once per three seconds. */
export async function queryRefund(gateway: Gateway, caller: Caller, refundNo: string): Promise<StoredRefund> {
  const stored = await requireRefund(gateway, caller, refundNo);
  if (!(await poll(gateway, stored))) return stored;
  return requireRefund(gateway, caller, refundNo);
}

async function requireRefund({ db }: Gateway, { userId }: Caller, refundNo: string): Promise<StoredRefund> {
  const stored = await findRefund(db, userId, refundNo);
  if (!stored) throw new GatewayError("not_found", "no such refund");
  return stored;
}

/** Polls a refund that is due. If too many polls of its config are running, the wake-up is sent again. */
export async function pollRefund(gateway: Gateway, { due, ...refund }: Woken & { due: Date }): Promise<void> {
  const stored = await findRefundById(gateway.db, refund.userId, refund.refundId);
  if (!stored?.nextPollAt) return;
  const now = gateway.clock.now();
  const meaning = meaningOf(due, stored.nextPollAt, now);
  if (meaning === "early") return gateway.wakeUps.pollRefund(refund, stored.nextPollAt);
  if (meaning === "stale") return;
  const began = await gateway.pollLimiter.within(stored.payment.configId, () =>
    pollWithinLimit(gateway, refund, stored),
  );
  if (!began) await gateway.wakeUps.pollRefund(refund, secondsAfter(now, overLimitSeconds));
}

async function pollWithinLimit(gateway: Gateway, refund: Woken, stored: StoredRefund): Promise<void> {
  try {
    if (isFinal(stored.refund)) return await refetch(gateway, stored);
    if (!(await poll(gateway, stored))) return;
  } catch (error) {
    noteUnopened(stored, error);
  }
  const after = await findRefundById(gateway.db, refund.userId, refund.refundId);
  const now = gateway.clock.now();
  if (after && isStuck(after.refund, now))
    await raiseAnomalyOnce(gateway.db, stuckRefund(after.payment, after.refund), now);
  if (after?.nextPollAt) await gateway.wakeUps.pollRefund(refund, after.nextPollAt);
}

/** Its config cannot be opened; it may work at the next poll. */
function noteUnopened({ payment }: StoredRefund, error: unknown): void {
  if (!(error instanceof GatewayError)) throw error;
  const { orderNo, userId, provider } = payment;
  const about = { order_no: orderNo, merchant: userId, provider, reason: error.message };
  log.warn("poll of a refund failed", { ...about, ...nameOf(error) });
}

/** `false` if it is final or was fetched just now. */
async function poll(gateway: Gateway, stored: StoredRefund): Promise<boolean> {
  if (isFinal(stored.refund)) return false;
  const leased = await takeRefundLease(gateway.db, stored, newLease(stored.refund, gateway.clock.now()));
  if (!leased) return false;
  await driveRefund(gateway, leased, { first: false, source: "poll" });
  return true;
}

/**
 * An event contradicts a final refund: the provider's current answer decides. The refund is never requested again
 * here.
 */
async function refetch(gateway: Gateway, stored: StoredRefund): Promise<void> {
  const { refund, payment } = stored;
  const now = gateway.clock.now();
  const next = nextRefundPoll(refund, now);
  if (!(await claimRefundPoll(gateway.db, stored, next))) return;
  const outcome = await askAgain(gateway, stored);
  if (outcome?.kind === "unknown" || outcome?.kind === "pending") {
    // No further poll is scheduled: a person must decide which of the two ends is true.
    if (next === null) await raiseAnomalyOnce(gateway.db, stuckRefund(payment, refund), now);
    return;
  }
  if (outcome?.kind === "refunded" || outcome?.kind === "failed") {
    const to = outcome.kind === "refunded" ? "success" : "failed";
    const error = outcome.kind === "failed" ? outcome.error : null;
    const origin = { source: "poll", now: gateway.clock.now(), notify: true, overrules: true };
    await endRefund(gateway, stored, { to, refundId: outcome.refundId, error, ...origin });
  }
  await endRefundPolls(gateway.db, refund, next);
}

async function askAgain(gateway: Gateway, stored: StoredRefund): Promise<RefundOutcome | undefined> {
  const { refund, payment } = stored;
  const broken = (why: string): RefundOutcome => ({ kind: "unknown", why });
  try {
    const { adapter } = await gateway.configs.of(payment);
    const ask = async () => adapter.fetchRefund?.(payment, refund);
    return await askProvider<RefundOutcome | undefined>("refund_query", payment, { ask, broken });
  } catch (error) {
    noteUnopened(stored, error);
    return broken("its config cannot be opened");
  }
}

function isFinal({ status }: StoredRefund["refund"]): boolean {
  return status === "success" || status === "failed";
}
