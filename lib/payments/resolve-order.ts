import type { Payment } from "../domain/payment.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { closeOrFail } from "../storage/payments/close-or-fail.ts";
import { addLog } from "../storage/timeline.ts";

/**
 * Ends an unpaid payment on an operator's decision, while no create or capture is in progress. It never becomes a
 * success here; if the provider later proves a payment, it does, with an alarm.
 */
export async function resolveOrder(
  { clock, db, wakeUps }: Gateway,
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
  const ended = await closeOrFail(db, payment, to, { said, now });
  if (!ended) {
    const message =
      "it has changed, or a call to the provider is in progress: see order show, try again in 20 s";
    throw new GatewayError("conflict", message, { orderNo });
  }
  await addLog(db, payment, {
    at: now,
    kind: "operator",
    title: "ended by an operator",
    data: { to, note },
  });
  if (ended.notification) await wakeUps.notify(ended.notification, now);
}
