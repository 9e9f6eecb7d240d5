import type { Caller } from "../domain/caller.ts";
import type { NotifyState } from "../domain/delivery.ts";
import type { Payment } from "../domain/payment.ts";
import { isFinal } from "../domain/payment-state.ts";
import { refreshGapSeconds } from "../domain/poll-schedule.ts";
import type { LogEntry } from "../domain/timeline.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { findOrder } from "../storage/payments/find-order.ts";
import { claimRefresh } from "../storage/payments/polls.ts";
import { readTimeline } from "../storage/timeline.ts";
import { shownRenewed } from "./link.ts";
import { refreshPayment } from "./refresh-payment.ts";

export type PaymentKey = { orderNo: string } | { outTradeNo: string };
export type SeenPayment = { payment: Payment; notifyStatus: NotifyState };

/** The payment now, with a link that opens if there can be one. */
export async function queryPayment(gateway: Gateway, caller: Caller, key: PaymentKey): Promise<SeenPayment> {
  const seen = await refreshed(gateway, caller, key);
  return { ...seen, payment: await shownRenewed(gateway, seen.payment) };
}

/** A payment that is not final is fetched from the provider first. Without a response nothing changes. */
async function refreshed(gateway: Gateway, caller: Caller, key: PaymentKey): Promise<SeenPayment> {
  const seen = await findPayment(gateway, caller, key);
  const { payment } = seen;
  if (isFinal(payment.status)) return seen;
  // mutation: query-refresh-gap
  if (!(await claimRefresh(gateway.db, payment, gateway.clock.now(), refreshGapSeconds * 1_000))) return seen;
  await refreshPayment(gateway, payment);
  return findPayment(gateway, caller, { orderNo: payment.orderNo });
}

/** Everything that happened to a payment, oldest first. */
export async function paymentTimeline(
  gateway: Gateway,
  caller: Caller,
  key: PaymentKey,
): Promise<LogEntry[]> {
  const { payment } = await findPayment(gateway, caller, key);
  return readTimeline(gateway.db, payment);
}

/** Another merchant's order gets the same answer as one that does not exist. */
export async function findPayment(
  gateway: Gateway,
  caller: Pick<Caller, "userId">,
  key: PaymentKey,
): Promise<SeenPayment> {
  const seen = await findOrder(gateway.db, caller.userId, key);
  if (!seen) throw new GatewayError("order_not_found", "no such order");
  return seen;
}
