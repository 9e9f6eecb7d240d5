import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Payment } from "../payments/payment.ts";
import type { Caller, Orders, WakeUp, WakeUps } from "../payments/ports.ts";
import { findPayment, type SeenPayment } from "../payments/query-payment.ts";

export type ResendGateway = {
  clock: Clock;
  orders: Orders;
  wakeUps: WakeUps;
  resend(payment: Payment, eventId: string | null, now: Date): Promise<WakeUp | null>;
};

/** Sends an event of a payment again, the last one or the named one, in a new series of attempts. */
export async function resendNotification(
  gateway: ResendGateway,
  caller: Pick<Caller, "userId">,
  { orderNo, eventId }: { orderNo: string; eventId: string | null },
): Promise<SeenPayment> {
  const { payment } = await findPayment(gateway, caller, { orderNo });
  const now = gateway.clock.now();
  const wakeUp = await gateway.resend(payment, eventId, now);
  if (!wakeUp) {
    const cause = payment.notifyUrl === null ? "it has no notify_url" : "nothing has happened to it yet";
    const message =
      eventId === null ? `this order has no event to send: ${cause}` : "this order has no such event";
    throw new GatewayError("order_status", message, { orderNo });
  }
  await gateway.wakeUps.notify(wakeUp, now);
  return findPayment(gateway, caller, { orderNo });
}
