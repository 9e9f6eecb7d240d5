import type { Clock } from "../../clock.ts";
import type { Payment } from "../../payment/payment.ts";
import type { Observation } from "../../payment/provider.ts";
import type { PayPalAnswer, PayPalClient } from "./client.ts";
import { orderObservations } from "./order.ts";
import { order } from "./wire.ts";

/** The buyer has to do something, or to choose another way to pay, before a capture can succeed. */
const upToTheBuyer = new Set([
  "INSTRUMENT_DECLINED",
  "ORDER_NOT_APPROVED",
  "PAYER_ACTION_REQUIRED",
  "PAYER_CANNOT_PAY",
  "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
  "TRANSACTION_REFUSED",
]);

/** What PayPal says of the order now. */
export async function lookAtOrder(
  client: PayPalClient,
  clock: Clock,
  payment: Payment,
): Promise<Observation[]> {
  const { payable, orderNo } = payment;
  if (!payable) return [{ kind: "unknown", orderNo, why: "no order id yet" }];
  const said = await client.ask(({ orders }) => orders.getOrder({ id: payable.paymentId }));
  if (said.kind === "answered") return readOrder(said.body, payment, clock.now());
  return [refusalOf(said, orderNo)];
}

/** Asked again under the same key PayPal answers what it answered before; the key is kept for 6 hours. */
export async function captureOrder(
  client: PayPalClient,
  clock: Clock,
  payment: Payment,
  idempotencyKey: string,
): Promise<Observation[]> {
  const { payable, orderNo } = payment;
  if (!payable) return [{ kind: "unknown", orderNo, why: "no order id yet" }];
  const said = await client.ask(({ orders }) =>
    orders.captureOrder({
      id: payable.paymentId,
      // mutation: paypal-capture-key
      paypalRequestId: idempotencyKey,
      prefer: "return=representation",
      body: {},
    }),
  );
  if (said.kind === "answered") {
    const seen = readOrder(said.body, payment, clock.now());
    // A shorter answer than the one asked for proves nothing yet.
    return seen.some(({ kind }) => kind === "unrecognised") ? lookAtOrder(client, clock, payment) : seen;
  }
  if (said.kind === "refused" && upToTheBuyer.has(said.error.code)) {
    return [{ kind: "open", orderNo, why: said.error.code }];
  }
  const already = said.kind === "refused" && said.error.code === "ORDER_ALREADY_CAPTURED";
  if (said.kind === "unknown" || already) return lookAtOrder(client, clock, payment);
  return [refusalOf(said, orderNo)];
}

function readOrder(body: unknown, payment: Payment, now: Date): Observation[] {
  const parsed = order.safeParse(body);
  if (!parsed.success) return [{ kind: "unrecognised", said: "an order of another form" }];
  return orderObservations(parsed.data, payment, now);
}

function refusalOf(said: Exclude<PayPalAnswer, { kind: "answered" }>, orderNo: string): Observation {
  if (said.kind === "unknown") return { kind: "unknown", orderNo, why: said.why };
  const why = `PayPal: ${said.error.code}`;
  // An order that nobody paid is forgotten after about three hours.
  if (said.status === 404) return { kind: "missing", orderNo, why };
  return said.final ? { kind: "unrecognised", said: why } : { kind: "unknown", orderNo, why };
}
