import { secondsAfter } from "../clock.ts";
import type { Payment } from "../domain/payment.ts";
import { isFinal } from "../domain/payment-state.ts";
import { refreshGapSeconds } from "../domain/poll-schedule.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { findForReturn } from "../storage/payments/find-order.ts";
import { makePaymentDue } from "../storage/payments/polls.ts";

const pollMs = [100, 200, 300, 400, 500];
const longestWaitSeconds = 3;

/**
 * Handles a buyer's return from the provider. The request does not prove a payment: a poll is woken up, and the row is
 * awaited for at most three seconds.
 */
export async function returnBuyer(gateway: Gateway, provider: string, orderNo: string): Promise<Payment> {
  const first = await findForReturn(gateway.db, provider, orderNo);
  // The database ignores trailing spaces in a comparison.
  if (/* mutation: return-order-number */ first?.orderNo !== orderNo || first.provider !== provider)
    throw new GatewayError("order_not_found", "no such order");
  if (isFinal(first.status)) return first;

  const now = gateway.clock.now();
  if (await makePaymentDue(gateway.db, first, now, refreshGapSeconds * 1_000))
    await gateway.wakeUps.pollPayment(first, now);
  const until = secondsAfter(now, longestWaitSeconds);
  let payment = first;
  for (let polls = 0; !isFinal(payment.status) && gateway.clock.now() < until; polls++) {
    await gateway.clock.sleep(pollMs[Math.min(polls, pollMs.length - 1)]!);
    payment = (await findForReturn(gateway.db, provider, orderNo)) ?? payment;
  }
  return payment;
}

/** The merchant's return page with the order number added; `null` if the merchant gave none. */
export function merchantReturnUrl({ returnUrl, orderNo }: Payment): string | null {
  if (returnUrl === null) return null;
  const url = new URL(returnUrl);
  url.searchParams.set("order_no", orderNo);
  return url.href;
}
