import type { Payment } from "../domain/payment.ts";
import { isFinal } from "../domain/payment-state.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { claimRefresh, makePaymentDue, noteAnswer } from "../storage/payments/polls.ts";
import { findPayment, type SeenPayment } from "./query-payment.ts";
import { refreshPayment } from "./refresh-payment.ts";

/** Fetches the payment now, whatever its status and its last poll; throws if the fetch gives no result. */
export async function syncPayment(gateway: Gateway, payment: Payment): Promise<SeenPayment> {
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
  await claimRefresh(gateway.db, payment, gateway.clock.now(), 0);
  const seen = await refreshPayment(gateway, payment);
  if (seen.kind !== "answered")
    throw new GatewayError("look_up_failed", `fetching the payment from ${provider} failed: ${seen.why}`, {
      orderNo,
    });
  const now = gateway.clock.now();
  await noteAnswer(gateway.db, payment, true, now);
  const after = await findPayment(gateway, payment, { orderNo });
  if (isFinal(after.payment.status) || after.payment.nextPollAt !== null) return after;
  // Its polls had ended because the account did not respond; now it does.
  await makePaymentDue(gateway.db, after.payment, now, 0);
  return findPayment(gateway, payment, { orderNo });
}
