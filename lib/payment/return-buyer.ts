import { secondsAfter, type WaitingClock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Payment } from "./payment.ts";
import type { Hints, Orders } from "./ports.ts";
import { isFinal } from "./status.ts";

export type ReturnGateway = { clock: WaitingClock; orders: Orders; hints: Hints };

const pollMs = [100, 200, 300, 400, 500];
const longestWaitSeconds = 3;
const lookUpGapMs = 3_000;

/**
 * The buyer is back from the provider. Nothing in the request says whether it is paid: a look-up is hinted, and the row
 * is waited for, at most three seconds.
 */
export async function returnBuyer(
  gateway: ReturnGateway,
  provider: string,
  orderNo: string,
): Promise<Payment> {
  const first = await gateway.orders.findForReturn(provider, orderNo);
  // The database takes a trailing space for nothing.
  if (/* mutation: return-order-number */ first?.orderNo !== orderNo || first.provider !== provider)
    throw new GatewayError("order_not_found", "no such order");
  if (isFinal(first.status)) return first;

  const now = gateway.clock.now();
  if (await gateway.orders.makeDue(first, now, lookUpGapMs)) await gateway.hints.recheck(first, now);
  const until = secondsAfter(now, longestWaitSeconds);
  let payment = first;
  for (let polls = 0; !isFinal(payment.status) && gateway.clock.now() < until; polls++) {
    await gateway.clock.sleep(pollMs[Math.min(polls, pollMs.length - 1)]!);
    payment = (await gateway.orders.findForReturn(provider, orderNo)) ?? payment;
  }
  return payment;
}

/** The merchant's own page for this buyer, told which order it is; `null` when the merchant gave none. */
export function merchantReturnUrl({ returnUrl, orderNo }: Payment): string | null {
  if (returnUrl === null) return null;
  const url = new URL(returnUrl);
  url.searchParams.set("order_no", orderNo);
  return url.href;
}
