import type { Caller } from "../domain/caller.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { findPayment, type SeenPayment } from "../payments/query-payment.ts";
import { resend } from "../storage/deliveries/resend.ts";

/** Sends an event of a payment again, the last one or the named one, in a new series of attempts. */
export async function resendNotification(
  gateway: Gateway,
  caller: Pick<Caller, "userId">,
  { orderNo, eventId }: { orderNo: string; eventId: string | null },
): Promise<SeenPayment> {
  const { payment } = await findPayment(gateway, caller, { orderNo });
  const now = gateway.clock.now();
  const wakeUp = await resend(gateway.db, payment, eventId, now);
  if (!wakeUp) {
    const cause = payment.notifyUrl === null ? "it has no notify_url" : "nothing has happened to it yet";
    const message =
      eventId === null ? `this order has no event to send: ${cause}` : "this order has no such event";
    throw new GatewayError("order_status", message, { orderNo });
  }
  await gateway.wakeUps.notify(wakeUp, now);
  return findPayment(gateway, caller, { orderNo });
}
