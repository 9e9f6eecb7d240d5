import type { ProviderEvent } from "../../domain/provider.ts";
import { dispute, type PayPalEvent, resourceIds } from "./wire.ts";

/**
 * Translates a verified event. Its signature covers only a CRC-32 of the body, and anybody can make another body with
 * the same CRC-32: the event only says that something happened to an order, and PayPal must be asked what.
 */
export function providerEventsOf({ event_type: type, resource }: PayPalEvent): ProviderEvent[] {
  if (type.startsWith("CUSTOMER.DISPUTE.")) return disputeEvents(type, resource);
  if (!/^(CHECKOUT\.|PAYMENT\.(CAPTURE|REFUND)\.)/.test(type)) {
    return [{ kind: "ignored", why: `${type} changes no payment` }];
  }
  const parsed = resourceIds.safeParse(resource);
  if (!parsed.success) return [{ kind: "unrecognised", said: `${type} of another form` }];
  const { invoice_id: ofPayment, purchase_units: units, links = [] } = parsed.data;
  const invoice = ofPayment || units?.[0]?.invoice_id;
  const tradeNo = captureOf(links);
  if (tradeNo && /* mutation: paypal-event-invoice */ !(invoice && orderNoShape.test(invoice))) {
    return [{ kind: "refetch", orderNo: null, tradeNo, why: type }];
  }
  if (invoice)
    return [{ /* mutation: paypal-event-is-refetch */ kind: "refetch", orderNo: invoice, why: type }];
  // Not looked up by PayPal's order id: an order without our number was not created by us.
  return [{ kind: "ignored", why: `${type} names no invoice` }];
}

/** Form of our order numbers; a refund made in PayPal's dashboard may have any other invoice number. */
const orderNoShape = /^UNI[0-9A-Z]{29}$/;

/**
 * The capture to which a resource links. A refund need not have the payment's invoice number, and a reversal has an id
 * of its own; both link to their capture by `up`. A capture links to itself by `self`.
 */
function captureOf(links: { rel: string; href: string }[]): string | undefined {
  const named = (relation: string) =>
    links
      .filter(({ rel }) => rel === relation)
      .map(({ href }) => /\/captures\/([\w-]{1,64})$/.exec(href)?.[1])
      .find((id) => id !== undefined);
  return named("up") ?? named("self");
}

function disputeEvents(type: string, resource: unknown): ProviderEvent[] {
  const parsed = dispute.safeParse(resource);
  if (!parsed.success) return [{ kind: "unrecognised", said: `${type} of another form` }];
  const { dispute_id: id, reason, status, disputed_transactions: transactions = [] } = parsed.data;
  const why = `${type}: ${[id, reason, status].filter(Boolean).join(", ")}`;
  const disputed = transactions.flatMap(({ seller_transaction_id: tradeNo }): ProviderEvent[] =>
    tradeNo ? [{ kind: "disputed", tradeNo, why }] : [],
  );
  return disputed.length > 0 ? disputed : [{ kind: "ignored", why: `${type} names no capture` }];
}
