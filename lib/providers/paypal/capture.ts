import type { Clock } from "../../clock.ts";
import type { Payment } from "../../domain/payment.ts";
import type { ProviderEvent } from "../../domain/provider.ts";
import { refusalOfMove } from "../../domain/refusal.ts";
import { orderPath } from "./checkout-order.ts";
import type { PayPalClient, PayPalRefused } from "./client.ts";
import { decisiveIssue } from "./decisive-issue.ts";
import { orderEvents } from "./order.ts";
import { refusals } from "./refusals.ts";
import { order } from "./wire.ts";

/** Fetches the order's current state. */
export async function fetchOrder(
  client: PayPalClient,
  clock: Clock,
  payment: Payment,
): Promise<ProviderEvent[]> {
  const { payable, orderNo } = payment;
  if (!payable) return [{ kind: "unknown", orderNo, why: "no order id yet" }];
  const said = await client.get(orderPath(payable.paymentId));
  if (said.kind === "answered") return readOrder(said.body, payment, clock.now());
  if (said.kind === "unknown") return [{ kind: "unknown", orderNo, why: said.why }];
  const { code } = decisiveIssue(refusals.get, said);
  const why = `PayPal: ${code}`;
  // PayPal deletes an unpaid order after about three hours.
  if (said.status === 404) return [{ kind: "missing", orderNo, why }];
  const listed = Object.hasOwn(refusals.get, code);
  return [{ kind: "unknown", orderNo, why, ...(!listed && { unlisted: code }) }];
}

/** A repeat under the same key gets PayPal's first answer again; PayPal keeps the key for 6 hours. */
export async function captureOrder(
  client: PayPalClient,
  clock: Clock,
  payment: Payment,
  idempotencyKey: string,
): Promise<ProviderEvent[]> {
  const { payable, orderNo } = payment;
  if (!payable) return [{ kind: "unknown", orderNo, why: "no order id yet" }];
  const fetchPayment = () => fetchOrder(client, clock, payment);
  const said = await client.post(
    `${orderPath(payable.paymentId)}/capture`,
    {},
    /* mutation: paypal-capture-key */ idempotencyKey,
  );
  if (said.kind === "unknown") return fetchPayment();
  if (said.kind === "refused") return captureRefused(said, orderNo, fetchPayment);
  const seen = readOrder(said.body, payment, clock.now());
  // An answer without the full representation that we asked for proves nothing: fetch the order.
  return seen.some(({ kind }) => kind === "unrecognised") ? fetchPayment() : seen;
}

/**
 * `open`: this try is over, and PayPal would repeat its answer under the same key, so the next try has another key; the
 * order can still be paid.
 */
async function captureRefused(
  said: PayPalRefused,
  orderNo: string,
  fetchPayment: () => Promise<ProviderEvent[]>,
): Promise<ProviderEvent[]> {
  const error = decisiveIssue(refusals.capture, said);
  const refusal = refusalOfMove(refusals.capture, error);
  const why = `PayPal: ${error.code}`;
  if (said.status === 404) return [{ kind: "missing", orderNo, why }];
  if (!refusal)
    return unlessMoved(await fetchPayment(), [
      /* mutation: paypal-capture-unlisted */ { kind: "unknown", orderNo, why, unlisted: error.code },
    ]);
  // PayPal did not process the request, so it stored no answer under the key. An earlier request may have succeeded.
  if (/* mutation: paypal-capture-401 */ said.status === 401 || said.status === 429)
    return [{ kind: "unknown", orderNo, why }];
  switch (refusal.ends) {
    case "subject":
      return [{ kind: "failed", orderNo, why }];
    case "nothing":
      return unlessMoved(await fetchPayment(), [
        { kind: "unknown", orderNo, why },
        ...forAPerson(error.code),
      ]);
    case "try": {
      const over: ProviderEvent[] = [{ kind: "open", orderNo, why }];
      // Our request is wrong, so no order can be captured: raise an alarm.
      if (refusal.fault === "request") over.push({ kind: "unrecognised", said: `capture: ${why}` });
      // An earlier capture may have succeeded before the app lost its permission.
      // mutation: paypal-capture-403
      return said.status === 403 ? whereUncaptured(await fetchPayment(), over) : over;
    }
  }
}

/** Raises an alarm when another transaction of the account uses our order number: only a person can resolve that. */
function forAPerson(code: string): ProviderEvent[] {
  if (code !== "DUPLICATE_INVOICE_ID") return [];
  return [{ kind: "unrecognised", said: `capture: PayPal: ${code}, and the order is not captured` }];
}

const uncaptured = new Set<ProviderEvent["kind"]>(["open", "approved"]);

/** The fetched events, if the order has moved on from waiting for a capture. */
function unlessMoved(seen: ProviderEvent[], otherwise: ProviderEvent[]): ProviderEvent[] {
  return seen.every(({ kind }) => uncaptured.has(kind) || kind === "unknown") ? otherwise : seen;
}

function whereUncaptured(seen: ProviderEvent[], over: ProviderEvent[]): ProviderEvent[] {
  return seen.every(({ kind }) => uncaptured.has(kind)) ? over : seen;
}

function readOrder(body: unknown, payment: Payment, now: Date): ProviderEvent[] {
  const parsed = order.safeParse(body);
  if (!parsed.success) return [{ kind: "unrecognised", said: "an order of another form" }];
  return orderEvents(parsed.data, payment, now);
}
