import type { Caller } from "../domain/caller.ts";
import type { Payment } from "../domain/payment.ts";
import type { ProviderEvent } from "../domain/provider.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { requestClose } from "../storage/payments/close-or-fail.ts";
import { applyEvents, originOf } from "./apply-events.ts";
import { shown } from "./link.ts";
import { findPayment, type PaymentKey, type SeenPayment } from "./query-payment.ts";
import { closeAt } from "./refresh-payment.ts";

/**
 * Closes a payment at the provider, then here. If the buyer can still pay, the payment stays open, the request is
 * stored, and a later poll closes it.
 */
export async function closePayment(gateway: Gateway, caller: Caller, key: PaymentKey): Promise<SeenPayment> {
  const before = await findPayment(gateway, caller, key);
  const { payment } = before;
  if (payment.status === "closed") return { ...before, payment: await shown(gateway, payment) };
  refuseEnded(payment);

  const config = await gateway.configs.of(payment);
  if (!config.adapter.close)
    throw new GatewayError("close_not_possible", `${payment.provider} cannot close payments`);
  const { current, events } =
    payment.payable === null ? { current: payment, events: [] } : await closeAt(gateway, payment, config);
  await applyEvents(gateway, current, events, originOf(config, "poll"));

  const after = await findPayment(gateway, caller, { orderNo: payment.orderNo });
  // mutation: close-confirmed
  if (after.payment.status === "closed") return { ...after, payment: await shown(gateway, after.payment) };
  refuseEnded(after.payment);
  // mutation: close-request-stored
  await requestClose(gateway.db, payment, gateway.clock.now());
  throw notNow(payment, events);
}

function refuseEnded({ status, orderNo }: Payment): void {
  if (status !== "success" && status !== "failed") return;
  const message =
    status === "success"
      ? "this payment is paid: refund it instead"
      : "this payment has failed: there is nothing to close";
  throw new GatewayError("order_status", message, { orderNo });
}

function notNow({ orderNo, provider }: Payment, events: ProviderEvent[]): GatewayError {
  const open = events.find((seen) => seen.kind === "open" || seen.kind === "in_transit");
  if (open && "why" in open)
    return new GatewayError("close_not_possible", `not possible now: ${open.why}`, { orderNo });
  const message = `no clear answer from ${provider}: it will be closed when possible; query it, or try again`;
  return new GatewayError("close_failed", message, { orderNo });
}
