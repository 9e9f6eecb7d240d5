import { secondsAfter } from "../clock.ts";
import { meaningOf } from "./hint-time.ts";
import { type LookBudget, overBudgetSeconds } from "./look-budget.ts";
import { type LookUpGateway, lookUp } from "./look-up.ts";
import { hasBeenSilent, isQuiet, lastLook, nextAfterSilence, nextLookUp } from "./look-up-schedule.ts";
import type { Payment } from "./payment.ts";
import { isFinal } from "./status.ts";
import { stuckPayment } from "./stuck.ts";

export type RecheckGateway = LookUpGateway & { lookBudget: LookBudget };

type Hinted = { orderNo: string; userId: string };

/** One look-up of a payment whose time has come; a hint that finds too many look-ups of its config under way comes again. */
export async function recheck(
  gateway: RecheckGateway,
  { due, ...order }: Hinted & { due: Date },
): Promise<void> {
  const seen = await gateway.orders.find(order.userId, { orderNo: order.orderNo });
  const payment = seen?.payment;
  if (!payment?.nextQueryAt) return;
  const now = gateway.clock.now();
  const meaning = meaningOf(due, payment.nextQueryAt, now);
  if (meaning === "early") return gateway.hints.recheck(order, payment.nextQueryAt);
  if (meaning === "stale") return;
  const began = await gateway.lookBudget.within(payment.configId, () => look(gateway, payment, now));
  if (!began) await gateway.hints.recheck(order, secondsAfter(now, overBudgetSeconds));
}

/**
 * The last look at a closed payment needs no hint: the sweeper finds it due. An ended payment stays due until the provider
 * has answered, because nothing else need ask about it again.
 */
async function look(gateway: RecheckGateway, payment: Payment, now: Date): Promise<void> {
  const { orderNo, userId } = payment;
  const next = isFinal(payment.status) ? nextAfterSilence(payment, now) : nextLookUp(payment, now);
  if (!(await gateway.orders.claimRecheck(payment, next, now))) return;
  const { kind } = await lookUp(gateway, payment, { quiet: isQuiet(payment, now) });
  await gateway.orders.noteAnswer(payment, kind === "answered", now);
  const after = (await gateway.orders.find(userId, { orderNo }))?.payment;
  const stuck = after && stuckPayment(after, gateway.clock.now());
  // mutation: stuck-payment-told
  if (stuck) await gateway.anomalies.raiseOnce(stuck, gateway.clock.now());
  if (!after) return;
  if (!isFinal(after.status)) {
    const isGivenUp = next === null ? after.unansweredSince !== null : hasBeenSilent(after, now);
    // mutation: silent-account-given-up
    if (isGivenUp) return giveUp(gateway, after, next);
    if (after.nextQueryAt) await gateway.hints.recheck({ orderNo, userId }, after.nextQueryAt);
    return;
  }
  // Without a link nobody can have paid, and Stripe and PayPal cannot even be asked.
  if (kind !== "silent" || after.payable === null)
    return gateway.orders.endRechecks(after, next, lastLook(after, now));
  if (next !== null) return;
  await giveUp(gateway, after, next);
  // What is announced later has its own time.
  await gateway.orders.noteAnswer(after, true, now);
}

/**
 * Nobody answers for this account any more. One anomaly stands for its config, however many of its payments are given up;
 * webhooks, the merchant's queries, `order sync` and `config set` still move them.
 */
async function giveUp(gateway: RecheckGateway, payment: Payment, claimed: Date | null): Promise<void> {
  await gateway.orders.endRechecks(payment, claimed, null);
  const { userId, configId, provider, providerAccount } = payment;
  const detail = {
    account: providerAccount,
    advice: "its payments are asked about no more: give it working credentials by config set, or retire it",
  };
  const anomaly = { kind: "config_unreachable", userId, configId, provider };
  await gateway.anomalies.raiseOnce({ ...anomaly, orderNo: null, detail }, gateway.clock.now());
}
