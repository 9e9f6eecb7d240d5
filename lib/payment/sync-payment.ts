import { GatewayError } from "../errors.ts";
import { type LookUpGateway, lookUp } from "./look-up.ts";
import type { Payment } from "./payment.ts";
import { findPayment, type SeenPayment } from "./query-payment.ts";
import { isFinal } from "./status.ts";

/** Asks the provider now, whatever the payment's status and however lately it was asked; throws when it learns nothing. */
export async function syncPayment(gateway: LookUpGateway, payment: Payment): Promise<SeenPayment> {
  const { orderNo, provider } = payment;
  if (payment.refusal !== null) {
    throw new GatewayError(
      "order_status",
      `${provider} refused to make this payment: there is nothing to ask`,
      {
        orderNo,
      },
    );
  }
  await gateway.orders.claimLookUp(payment, gateway.clock.now(), 0);
  const seen = await lookUp(gateway, payment);
  if (seen.kind !== "answered")
    throw new GatewayError("look_up_failed", `the look-up at ${provider} failed: ${seen.why}`, { orderNo });
  const now = gateway.clock.now();
  await gateway.orders.noteAnswer(payment, true, now);
  const after = await findPayment(gateway, payment, { orderNo });
  if (isFinal(after.payment.status) || after.payment.nextQueryAt !== null) return after;
  // It was given up because nobody answered; now somebody has.
  await gateway.orders.makeDue(after.payment, now, 0);
  return findPayment(gateway, payment, { orderNo });
}
