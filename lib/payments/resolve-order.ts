import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Payment } from "./payment.ts";
import type { Orders, Timeline, WakeUps } from "./ports.ts";

export type ResolveOrderGateway = { clock: Clock; orders: Orders; wakeUps: WakeUps; timeline: Timeline };

/**
 * Ends an unpaid payment on an operator's decision, while no create or capture is in progress. It never becomes a
 * success here; if the provider later proves a payment, it does, with an alarm.
 */
export async function resolveOrder(
  { clock, orders, wakeUps, timeline }: ResolveOrderGateway,
  payment: Payment,
  { to, note }: { to: "closed" | "failed"; note: string },
): Promise<void> {
  const { orderNo, status, providerAccount: account, livemode } = payment;
  if (status === "success")
    throw new GatewayError("order_status", "this payment is paid: refund it instead", { orderNo });
  if (status === "closed" || status === "failed")
    throw new GatewayError("order_status", `this payment has ended already: ${status}`, { orderNo });
  const now = clock.now();
  const said = { account, livemode, why: "ended by an operator" };
  const ended = await orders.closeOrFail(payment, to, said, now);
  if (!ended) {
    const message =
      "it has changed, or a call to the provider is in progress: see order show, try again in 20 s";
    throw new GatewayError("conflict", message, { orderNo });
  }
  await timeline.add(payment, {
    at: now,
    kind: "operator",
    title: "ended by an operator",
    data: { to, note },
  });
  if (ended.notification) await wakeUps.notify(ended.notification, now);
}
