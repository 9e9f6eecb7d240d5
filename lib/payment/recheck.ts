import { type LookUpGateway, lookUp } from "./look-up.ts";
import { nextLookUp } from "./look-up-schedule.ts";
import { isFinal } from "./status.ts";

/** A message may come this much before its time; clocks differ. */
const earlyMs = 1_000;

/**
 * One look-up of a payment whose time has come. A hint that comes early is sent on; one whose time was taken by another
 * does nothing. A closed payment is asked about once more, a day later.
 */
export async function recheck(
  gateway: LookUpGateway,
  order: { orderNo: string; userId: string },
): Promise<void> {
  const seen = await gateway.orders.find(order.userId, { orderNo: order.orderNo });
  const payment = seen?.payment;
  if (!payment?.nextQueryAt) return;
  const now = gateway.clock.now();
  const wait = payment.nextQueryAt.getTime() - now.getTime();
  if (wait > earlyMs) return gateway.hints.recheck(order, payment.nextQueryAt);

  const next = isFinal(payment.status) ? null : nextLookUp(payment, now);
  if (!(await gateway.orders.claimRecheck(payment, next, now))) return;
  await lookUp(gateway, payment);
  if (next) await gateway.hints.recheck(order, next);
}
