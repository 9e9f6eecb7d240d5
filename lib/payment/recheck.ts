import { type LookUpGateway, lookUp } from "./look-up.ts";
import { lastLook, nextAfterSilence, nextLookUp } from "./look-up-schedule.ts";
import { isFinal } from "./status.ts";

/** A message may come this much before its time; clocks differ. */
const earlyMs = 1_000;

/**
 * One look-up of a payment whose time has come. A hint on a long way is sent on; one for another time than the row's is
 * left over and does nothing, or every repeated hint would go on for as long as the payment does. The last look at a
 * closed payment needs no hint: the sweeper finds it due. An ended payment stays due until the provider has answered,
 * because nothing else need ask about it again.
 */
export async function recheck(
  gateway: LookUpGateway,
  order: { orderNo: string; userId: string; due: Date },
): Promise<void> {
  const seen = await gateway.orders.find(order.userId, { orderNo: order.orderNo });
  const payment = seen?.payment;
  if (!payment?.nextQueryAt) return;
  const now = gateway.clock.now();
  const wait = payment.nextQueryAt.getTime() - now.getTime();
  if (wait > earlyMs) {
    const isItsOwn = order.due.getTime() === payment.nextQueryAt.getTime();
    return isItsOwn ? gateway.hints.recheck(order, payment.nextQueryAt) : undefined;
  }

  const next = isFinal(payment.status) ? nextAfterSilence(payment, now) : nextLookUp(payment, now);
  if (!(await gateway.orders.claimRecheck(payment, next, now))) return;
  const { kind } = await lookUp(gateway, payment);
  const after = (await gateway.orders.find(order.userId, { orderNo: order.orderNo }))?.payment;
  if (!after?.nextQueryAt) return;
  if (!isFinal(after.status)) return gateway.hints.recheck(order, after.nextQueryAt);
  // Without a link nobody can have paid, and Stripe and PayPal cannot even be asked.
  if (kind !== "silent" || after.payable === null)
    await gateway.orders.endRechecks(after, next, lastLook(after, now));
}
