import { GatewayError } from "../errors.ts";
import { type LookUpGateway, lookUp } from "./look-up.ts";
import type { Payment } from "./payment.ts";
import type { Caller, LogEntry, NotifyState } from "./ports.ts";
import { isFinal } from "./status.ts";

export type PaymentKey = { orderNo: string } | { outTradeNo: string };
export type SeenPayment = { payment: Payment; notifyStatus: NotifyState };

/** A payment is looked up at most once in this time, however often it is queried. */
const lookUpGapMs = 3_000;

/** The payment now; one that is not final is looked up at the provider first. A silent provider changes nothing. */
export async function queryPayment(
  gateway: LookUpGateway,
  caller: Caller,
  key: PaymentKey,
): Promise<SeenPayment> {
  const seen = await findPayment(gateway, caller, key);
  const { payment } = seen;
  if (isFinal(payment.status)) return seen;
  // mutation: query-look-up-gap
  if (!(await gateway.orders.claimLookUp(payment, gateway.clock.now(), lookUpGapMs))) return seen;
  await lookUp(gateway, payment);
  return findPayment(gateway, caller, { orderNo: payment.orderNo });
}

/** Everything that happened to a payment, oldest first. */
export async function paymentTimeline(
  gateway: LookUpGateway,
  caller: Caller,
  key: PaymentKey,
): Promise<LogEntry[]> {
  const { payment } = await findPayment(gateway, caller, key);
  return gateway.timeline.read(payment);
}

/** Another merchant's order looks exactly like one that does not exist. */
export async function findPayment(
  gateway: Pick<LookUpGateway, "orders">,
  caller: Pick<Caller, "userId">,
  key: PaymentKey,
): Promise<SeenPayment> {
  const seen = await gateway.orders.find(caller.userId, key);
  if (!seen) throw new GatewayError("order_not_found", "no such order");
  return seen;
}
