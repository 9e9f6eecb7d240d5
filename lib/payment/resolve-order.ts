import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Payment } from "./payment.ts";
import type { Hints, Orders, Timeline } from "./ports.ts";

export type ResolveOrderGateway = { clock: Clock; orders: Orders; hints: Hints; timeline: Timeline };

/**
 * Ends an unpaid payment by an operator's word, while nobody is making it or taking its money. It never becomes a success
 * here, and should the provider say later that it was paid, it becomes one all the same, with an alarm.
 */
export async function resolveOrder(
  { clock, orders, hints, timeline }: ResolveOrderGateway,
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
  const concluded = await orders.conclude(payment, to, said, now);
  if (!concluded) {
    const message =
      "it has changed, or the provider is being asked just now: see order show, try again in 20 s";
    throw new GatewayError("conflict", message, { orderNo });
  }
  await timeline.add(payment, {
    at: now,
    kind: "operator",
    title: "ended by an operator",
    data: { to, note },
  });
  if (concluded.notification) await hints.notify(concluded.notification, now);
}
