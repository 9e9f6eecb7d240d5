import type { Observation } from "../../payment/provider.ts";
import { dispute, type PayPalEvent, told } from "./wire.ts";

/**
 * What a verified event is worth. Its signature covers 32 bits of the body, which anybody can match with another body: it
 * says that something has happened to an order, and PayPal must be asked what.
 */
export function eventObservations({ event_type: type, resource }: PayPalEvent): Observation[] {
  if (type.startsWith("CUSTOMER.DISPUTE.")) return disputeObservations(type, resource);
  if (!/^(CHECKOUT\.|PAYMENT\.(CAPTURE|REFUND)\.)/.test(type)) {
    return [{ kind: "ignored", why: `${type} changes no payment` }];
  }
  const parsed = told.safeParse(resource);
  if (!parsed.success) return [{ kind: "unrecognised", said: `${type} of another form` }];
  const { invoice_id: ofPayment, purchase_units: units, links = [] } = parsed.data;
  const invoice = ofPayment || units?.[0]?.invoice_id;
  const tradeNo = captureOf(links);
  if (tradeNo && /* mutation: paypal-event-invoice */ !(invoice && orderNoShape.test(invoice))) {
    return [{ kind: "hint", orderNo: null, tradeNo, why: type }];
  }
  if (invoice) return [{ /* mutation: paypal-event-is-hint */ kind: "hint", orderNo: invoice, why: type }];
  // The order at PayPal might still be ours by its id; whoever made it without our number did not make it for us.
  return [{ kind: "ignored", why: `${type} names no invoice` }];
}

/** Our order numbers; whoever makes a refund at PayPal may type any other invoice number. */
const orderNoShape = /^UNI[0-9A-Z]{29}$/;

/**
 * A refund need not have the payment's invoice, and a reversal has an id of its own; both link to their capture by `up`. A
 * capture links to itself.
 */
function captureOf(links: { rel: string; href: string }[]): string | undefined {
  const named = (wanted: string) =>
    links
      .filter(({ rel }) => rel === wanted)
      .map(({ href }) => /\/captures\/([\w-]{1,64})$/.exec(href)?.[1])
      .find((id) => id !== undefined);
  return named("up") ?? named("self");
}

function disputeObservations(type: string, resource: unknown): Observation[] {
  const parsed = dispute.safeParse(resource);
  if (!parsed.success) return [{ kind: "unrecognised", said: `${type} of another form` }];
  const { dispute_id: id, reason, status, disputed_transactions: transactions = [] } = parsed.data;
  const why = `${type}: ${[id, reason, status].filter(Boolean).join(", ")}`;
  const disputed = transactions.flatMap(({ seller_transaction_id: tradeNo }): Observation[] =>
    tradeNo ? [{ kind: "disputed", tradeNo, why }] : [],
  );
  return disputed.length > 0 ? disputed : [{ kind: "ignored", why: `${type} names no capture` }];
}
