import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Payment } from "../payment/payment.ts";
import type { Caller, Hint, Hints, Orders } from "../payment/ports.ts";
import { findPayment, type SeenPayment } from "../payment/query-payment.ts";

export type ResendGateway = {
  clock: Clock;
  orders: Orders;
  hints: Hints;
  resend(payment: Payment, eventId: string | null, now: Date): Promise<Hint | null>;
};

/** Tells the merchant again: the last event of a payment, or the one that is named, in a new series of attempts. */
export async function resendNotification(
  gateway: ResendGateway,
  caller: Pick<Caller, "userId">,
  { orderNo, eventId }: { orderNo: string; eventId: string | null },
): Promise<SeenPayment> {
  const { payment } = await findPayment(gateway, caller, { orderNo });
  const now = gateway.clock.now();
  const hint = await gateway.resend(payment, eventId, now);
  if (!hint) {
    const untold = payment.notifyUrl === null ? "it has no notify_url" : "nothing has happened to it yet";
    const message =
      eventId === null ? `this order has no event to tell: ${untold}` : "this order has no such event";
    throw new GatewayError("order_status", message, { orderNo });
  }
  await gateway.hints.notify(hint, now);
  return findPayment(gateway, caller, { orderNo });
}
