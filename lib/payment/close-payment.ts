import { GatewayError } from "../errors.ts";
import { shown } from "./link.ts";
import { closeAt, type LookUpGateway } from "./look-up.ts";
import { observe } from "./observe.ts";
import type { Payment } from "./payment.ts";
import type { Caller } from "./ports.ts";
import type { Observation } from "./provider.ts";
import { findPayment, type PaymentKey, type SeenPayment } from "./query-payment.ts";

/**
 * Closes a payment at the provider, then here. Where the provider may still take the buyer's money the payment stays
 * open, the wish is kept, and the look-ups close it as soon as they can.
 */
export async function closePayment(
  gateway: LookUpGateway,
  caller: Caller,
  key: PaymentKey,
): Promise<SeenPayment> {
  const before = await findPayment(gateway, caller, key);
  const { payment } = before;
  if (payment.status === "closed") return { ...before, payment: await shown(gateway, payment) };
  refuseEnded(payment);

  const config = await gateway.configs.of(payment);
  if (!config.adapter.close)
    throw new GatewayError("close_not_possible", `${payment.provider} cannot close payments`);
  const observations = payment.payable === null ? [] : await closeAt(gateway, payment, config);
  await observe(gateway, payment, observations, { ...config, configId: config.id, told: "look-up" });

  const after = await findPayment(gateway, caller, { orderNo: payment.orderNo });
  // mutation: close-confirmed
  if (after.payment.status === "closed") return { ...after, payment: await shown(gateway, after.payment) };
  refuseEnded(after.payment);
  // mutation: close-request-stored
  await gateway.orders.requestClose(payment, gateway.clock.now());
  throw notNow(payment, observations);
}

function refuseEnded({ status, orderNo }: Payment): void {
  if (status !== "success" && status !== "failed") return;
  const message =
    status === "success"
      ? "this payment is paid: refund it instead"
      : "this payment has failed: there is nothing to close";
  throw new GatewayError("order_status", message, { orderNo });
}

function notNow({ orderNo, provider }: Payment, observations: Observation[]): GatewayError {
  const open = observations.find((seen) => seen.kind === "open" || seen.kind === "started");
  if (open && "why" in open)
    return new GatewayError("close_not_possible", `not possible now: ${open.why}`, { orderNo });
  const message = `no clear answer from ${provider}: it will be closed when possible; query it, or try again`;
  return new GatewayError("close_failed", message, { orderNo, retryAfterSeconds: 5 });
}
