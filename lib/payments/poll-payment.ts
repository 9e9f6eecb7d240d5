import { secondsAfter } from "../clock.ts";
import type { Payment } from "../domain/payment.ts";
import { isFinal } from "../domain/payment-state.ts";
import {
  hasNotResponded,
  isQuiet,
  lastPoll,
  nextAfterNoResponse,
  nextPoll,
} from "../domain/poll-schedule.ts";
import { stuckPayment } from "../domain/stuck-payment.ts";
import { meaningOf } from "../domain/wake-up.ts";
import type { Gateway } from "../gateway.ts";
import { raiseAnomalyOnce } from "../storage/anomalies.ts";
import { findOrder } from "../storage/payments/find-order.ts";
import { claimPoll, endPolls, noteAnswer } from "../storage/payments/polls.ts";
import { overLimitSeconds } from "./poll-limiter.ts";
import { refreshPayment } from "./refresh-payment.ts";

type Woken = { orderNo: string; userId: string };

/** Polls a payment that is due. If too many polls of its config are running, the wake-up is sent again. */
export async function pollPayment(gateway: Gateway, { due, ...order }: Woken & { due: Date }): Promise<void> {
  const seen = await findOrder(gateway.db, order.userId, { orderNo: order.orderNo });
  const payment = seen?.payment;
  if (!payment?.nextPollAt) return;
  const now = gateway.clock.now();
  const meaning = meaningOf(due, payment.nextPollAt, now);
  if (meaning === "early") return gateway.wakeUps.pollPayment(order, payment.nextPollAt);
  if (meaning === "stale") return;
  const began = await gateway.pollLimiter.within(payment.configId, () => poll(gateway, payment, now));
  if (!began) await gateway.wakeUps.pollPayment(order, secondsAfter(now, overLimitSeconds));
}

/**
 * The last poll of a closed payment needs no wake-up: the sweeper finds it. An ended payment stays due until the
 * provider has responded, because nothing else fetches it.
 */
async function poll(gateway: Gateway, payment: Payment, now: Date): Promise<void> {
  const { orderNo, userId } = payment;
  const next = isFinal(payment.status) ? nextAfterNoResponse(payment, now) : nextPoll(payment, now);
  if (!(await claimPoll(gateway.db, payment, next, now))) return;
  const { kind } = await refreshPayment(gateway, payment, { quiet: isQuiet(payment, now) });
  await noteAnswer(gateway.db, payment, kind === "answered", now);
  const after = (await findOrder(gateway.db, userId, { orderNo }))?.payment;
  const stuck = after && stuckPayment(after, gateway.clock.now());
  // mutation: stuck-payment-raised
  if (stuck) await raiseAnomalyOnce(gateway.db, stuck, gateway.clock.now());
  if (!after) return;
  if (!isFinal(after.status)) {
    const isAbandoned = next === null ? after.unansweredSince !== null : hasNotResponded(after, now);
    // mutation: silent-account-abandoned
    if (isAbandoned) return giveUp(gateway, after, next);
    if (after.nextPollAt) await gateway.wakeUps.pollPayment({ orderNo, userId }, after.nextPollAt);
    return;
  }
  // Without a link no buyer can have paid, and Stripe and PayPal cannot be queried without their id.
  if (kind !== "silent" || after.payable === null)
    return endPolls(gateway.db, after, next, lastPoll(after, now));
  if (next !== null) return;
  await giveUp(gateway, after, next);
  // An event that arrives later gets its own eight days without a response.
  await noteAnswer(gateway.db, after, true, now);
}

/**
 * The account no longer responds. One anomaly per config stands for all of its payments whose polls end here;
 * webhooks, the merchant's queries, `order sync` and `config set` still change them.
 */
async function giveUp(gateway: Gateway, payment: Payment, claimed: Date | null): Promise<void> {
  await endPolls(gateway.db, payment, claimed, null);
  const { userId, configId, provider, providerAccount } = payment;
  const detail = {
    account: providerAccount,
    advice: "its payments are no longer polled: set working credentials with config set, or retire it",
  };
  const anomaly = { kind: "config_unreachable", userId, configId, provider };
  await raiseAnomalyOnce(gateway.db, { ...anomaly, orderNo: null, detail }, gateway.clock.now());
}
