import type { Clock } from "../../clock.ts";
import type { Payment } from "../../payment/payment.ts";
import type { Observation } from "../../payment/provider.ts";
import { refusalOfMove } from "../../payment/refusal.ts";
import type { PayPalClient, PayPalRefused } from "./client.ts";
import { decisiveIssue } from "./decisive-issue.ts";
import { orderObservations } from "./order.ts";
import { refusals } from "./refusals.ts";
import { order } from "./wire.ts";

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
  if (said.kind === "unknown") return [{ kind: "unknown", orderNo, why: said.why }];
  const { code } = decisiveIssue(refusals.get, said);
  const why = `PayPal: ${code}`;
  // An order that nobody paid is forgotten after about three hours.
  if (said.status === 404) return [{ kind: "missing", orderNo, why }];
  const listed = Object.hasOwn(refusals.get, code);
  return [{ kind: "unknown", orderNo, why, ...(!listed && { unlisted: code }) }];
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
  const look = () => lookAtOrder(client, clock, payment);
  const said = await client.ask(({ orders }) =>
    orders.captureOrder({
      id: payable.paymentId,
      // mutation: paypal-capture-key
      paypalRequestId: idempotencyKey,
      prefer: "return=representation",
      body: {},
    }),
  );
  if (said.kind === "unknown") return look();
  if (said.kind === "refused") return captureRefused(said, orderNo, look);
  const seen = readOrder(said.body, payment, clock.now());
  // A shorter answer than the one asked for proves nothing yet.
  return seen.some(({ kind }) => kind === "unrecognised") ? look() : seen;
}

/**
 * `open`: this try is over and PayPal would repeat its answer to it, so the next one has another key; the order can still
 * be paid.
 */
async function captureRefused(
  said: PayPalRefused,
  orderNo: string,
  look: () => Promise<Observation[]>,
): Promise<Observation[]> {
  const error = decisiveIssue(refusals.capture, said);
  const refusal = refusalOfMove(refusals.capture, error);
  const why = `PayPal: ${error.code}`;
  if (said.status === 404) return [{ kind: "missing", orderNo, why }];
  if (!refusal)
    return unlessMoved(await look(), [
      /* mutation: paypal-capture-unlisted */ { kind: "unknown", orderNo, why, unlisted: error.code },
    ]);
  // PayPal has not read the request, so nothing is kept under its key. It says nothing of an earlier one either.
  if (/* mutation: paypal-capture-401 */ said.status === 401 || said.status === 429)
    return [{ kind: "unknown", orderNo, why }];
  switch (refusal.ends) {
    case "subject":
      return [{ kind: "failed", orderNo, why }];
    case "nothing":
      return unlessMoved(await look(), [{ kind: "unknown", orderNo, why }, ...forAPerson(error.code)]);
    case "try": {
      const over: Observation[] = [{ kind: "open", orderNo, why }];
      // Our fault: a person must know why no order can be captured.
      if (refusal.fault === "request") over.push({ kind: "unrecognised", said: `capture: ${why}` });
      // Who may not capture may have captured before the right was taken away.
      // mutation: paypal-capture-403
      return said.status === 403 ? whereUncaptured(await look(), over) : over;
    }
  }
}

/** Another transaction of the account has our order number: nothing but a person will end that. */
function forAPerson(code: string): Observation[] {
  if (code !== "DUPLICATE_INVOICE_ID") return [];
  return [{ kind: "unrecognised", said: `capture: PayPal: ${code}, and the order is not captured` }];
}

const uncaptured = new Set<Observation["kind"]>(["open", "approved"]);

/** What the order says, when it says that something has come of it. */
function unlessMoved(seen: Observation[], otherwise: Observation[]): Observation[] {
  return seen.every(({ kind }) => uncaptured.has(kind) || kind === "unknown") ? otherwise : seen;
}

function whereUncaptured(seen: Observation[], over: Observation[]): Observation[] {
  return seen.every(({ kind }) => uncaptured.has(kind)) ? over : seen;
}

function readOrder(body: unknown, payment: Payment, now: Date): Observation[] {
  const parsed = order.safeParse(body);
  if (!parsed.success) return [{ kind: "unrecognised", said: "an order of another form" }];
  return orderObservations(parsed.data, payment, now);
}
