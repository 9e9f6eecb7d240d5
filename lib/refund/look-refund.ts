import { secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { log, nameOf } from "../log.ts";
import { askProvider } from "../payment/ask-provider.ts";
import { meaningOf } from "../payment/hint-time.ts";
import { type LookBudget, overBudgetSeconds } from "../payment/look-budget.ts";
import type { Caller } from "../payment/ports.ts";
import { driveRefund, endRefund, newLease, type RefundGateway } from "./drive-refund.ts";
import { isStuck, nextRefundLook } from "./look-schedule.ts";
import type { StoredRefund } from "./ports.ts";
import type { RefundOutcome } from "./refund.ts";
import { stuckRefund } from "./stuck.ts";

export type RecheckRefundGateway = RefundGateway & { lookBudget: LookBudget };

type Hinted = { refundId: string; userId: string };

/** A refund now; one that is not final is looked up first, at most once per three seconds. */
export async function queryRefund(
  gateway: RefundGateway,
  caller: Caller,
  refundNo: string,
): Promise<StoredRefund> {
  const stored = await findRefund(gateway, caller, refundNo);
  if (!(await look(gateway, stored))) return stored;
  return findRefund(gateway, caller, refundNo);
}

async function findRefund(
  { refunds }: RefundGateway,
  { userId }: Caller,
  refundNo: string,
): Promise<StoredRefund> {
  const stored = await refunds.find(userId, refundNo);
  if (!stored) throw new GatewayError("not_found", "no such refund");
  return stored;
}

/** One look at a refund whose time has come; a hint that finds too many look-ups of its config under way comes again. */
export async function recheckRefund(
  gateway: RecheckRefundGateway,
  { due, ...refund }: Hinted & { due: Date },
): Promise<void> {
  const stored = await gateway.refunds.byId(refund.userId, refund.refundId);
  if (!stored?.nextQueryAt) return;
  const now = gateway.clock.now();
  const meaning = meaningOf(due, stored.nextQueryAt, now);
  if (meaning === "early") return gateway.hints.recheckRefund(refund, stored.nextQueryAt);
  if (meaning === "stale") return;
  const began = await gateway.lookBudget.within(stored.payment.configId, () =>
    lookInTurn(gateway, refund, stored),
  );
  if (!began) await gateway.hints.recheckRefund(refund, secondsAfter(now, overBudgetSeconds));
}

async function lookInTurn(gateway: RefundGateway, refund: Hinted, stored: StoredRefund): Promise<void> {
  try {
    if (isFinal(stored.refund)) return await lookAgain(gateway, stored);
    if (!(await look(gateway, stored))) return;
  } catch (error) {
    noteUnopened(stored, error);
  }
  const after = await gateway.refunds.byId(refund.userId, refund.refundId);
  const now = gateway.clock.now();
  if (after && isStuck(after.refund, now))
    await gateway.anomalies.raiseOnce(stuckRefund(after.payment, after.refund), now);
  if (after?.nextQueryAt) await gateway.hints.recheckRefund(refund, after.nextQueryAt);
}

/** Its config cannot be opened: the next look may find it mended. */
function noteUnopened({ payment }: StoredRefund, error: unknown): void {
  if (!(error instanceof GatewayError)) throw error;
  const { orderNo, userId, provider } = payment;
  const about = { order_no: orderNo, merchant: userId, provider, reason: error.message };
  log.warn("look at a refund failed", { ...about, ...nameOf(error) });
}

/** False when it is final, or somebody has just looked. */
async function look(gateway: RefundGateway, stored: StoredRefund): Promise<boolean> {
  if (isFinal(stored.refund)) return false;
  const leased = await gateway.refunds.takeOver(stored, newLease(stored.refund, gateway.clock.now()));
  if (!leased) return false;
  await driveRefund(gateway, leased, { first: false, told: "look-up" });
  return true;
}

/**
 * A word of the provider contradicts a final refund: how it ended is what the provider says now. It is never asked for
 * again from here.
 */
async function lookAgain(gateway: RefundGateway, stored: StoredRefund): Promise<void> {
  const { refund, payment } = stored;
  const now = gateway.clock.now();
  const next = nextRefundLook(refund, now);
  if (!(await gateway.refunds.claimLook(stored, next))) return;
  const outcome = await askAgain(gateway, stored);
  if (outcome?.kind === "unknown" || outcome?.kind === "pending") {
    // Nobody asks again by himself: which of the two ends is true is a person's matter.
    if (next === null) await gateway.anomalies.raiseOnce(stuckRefund(payment, refund), now);
    return;
  }
  if (outcome?.kind === "refunded" || outcome?.kind === "failed") {
    const to = outcome.kind === "refunded" ? "success" : "failed";
    const error = outcome.kind === "failed" ? outcome.error : null;
    const told = { told: "look-up", now: gateway.clock.now(), notify: true, overrules: true };
    await endRefund(gateway, stored, { to, refundId: outcome.refundId, error, ...told });
  }
  await gateway.refunds.endLooks(refund, next);
}

async function askAgain(gateway: RefundGateway, stored: StoredRefund): Promise<RefundOutcome | undefined> {
  const { refund, payment } = stored;
  const broken = (why: string): RefundOutcome => ({ kind: "unknown", why });
  try {
    const { adapter } = await gateway.configs.of(payment);
    const ask = async () => adapter.lookRefund?.(payment, refund);
    return await askProvider<RefundOutcome | undefined>("refund_query", payment, { ask, broken });
  } catch (error) {
    noteUnopened(stored, error);
    return broken("its config cannot be opened");
  }
}

function isFinal({ status }: StoredRefund["refund"]): boolean {
  return status === "success" || status === "failed";
}
