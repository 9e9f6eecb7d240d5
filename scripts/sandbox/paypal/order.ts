import { captureObject, refundObject } from "./capture.ts";
import { amountObject } from "./money.ts";
import type { Capture, Order } from "./records.ts";
import { shownTime } from "./shown-time.ts";

/** The gateway's order number: `invoice_id`, else `custom_id`, else "". */
export function orderNoOf({ input }: Order): string {
  return input.invoiceId ?? input.customId ?? "";
}

/** Whether the order uses this invoice number for a capture that is not declined, or for a refund of one. */
export function usesInvoice({ input, capture }: Order, invoiceId: string): boolean {
  if (capture === undefined || capture.status === "DECLINED") return false;
  return input.invoiceId === invoiceId || capture.refunds.some((refund) => refund.invoiceId === invoiceId);
}

/** The whole order (developer.paypal.com/docs/api/orders/v2/#orders_get). `origin` is the simulator's own URL. */
export function orderObject(order: Order, origin: string): object {
  const { input, account, capture } = order;
  const approved = order.status === "APPROVED" || order.status === "COMPLETED";
  return {
    ...minimalOrder(order, origin),
    intent: "CAPTURE",
    purchase_units: [
      {
        reference_id: input.referenceId,
        amount: amountObject(input.amount),
        payee: { email_address: account.email, merchant_id: account.merchantId },
        description: input.description,
        custom_id: input.customId,
        invoice_id: input.invoiceId,
        soft_descriptor: input.softDescriptor,
        ...(capture && { payments: paymentsOf(order, capture, origin) }),
      },
    ],
    ...(approved && { payer: payer(order) }),
    create_time: shownTime(order.createdAt),
    update_time: shownTime(order.updatedAt),
  };
}

/** An order as `Prefer: return=minimal`, the default, returns it. */
export function minimalOrder(order: Order, origin: string): object {
  const { id, status } = order;
  const approved = status === "APPROVED" || status === "COMPLETED";
  const source = approved
    ? { email_address: "buyer@personal.example.com", account_id: order.payerId, account_status: "VERIFIED" }
    : {};
  const shown = order.input.withSource || approved;
  return { id, status, ...(shown && { payment_source: { paypal: source } }), links: links(order, origin) };
}

/** The order as a capture returns it by default: with the capture, without the purchase unit's own fields. */
export function minimalCapturedOrder(order: Order, capture: Capture, origin: string): object {
  const captures = [captureObject(order, capture, origin)];
  const units = [{ reference_id: order.input.referenceId, payments: { captures } }];
  return { ...minimalOrder(order, origin), purchase_units: units, payer: payer(order) };
}

/** URL of the buyer's checkout page. */
export function buyerUrl({ id }: Order, origin: string): string {
  return `${origin}/checkoutnow?token=${id}`;
}

/** With `payment_source` the buyer's link is called `payer-action`, without it `approve`. */
function links(order: Order, origin: string): object[] {
  const self = `${origin}/v2/checkout/orders/${order.id}`;
  const link = (rel: string, method: string, href = self) => ({ href, rel, method });
  const capture = link("capture", "POST", `${self}/capture`);
  switch (order.status) {
    case "PAYER_ACTION_REQUIRED":
      return [link("self", "GET"), link("payer-action", "GET", buyerUrl(order, origin))];
    case "CREATED":
      return [
        link("self", "GET"),
        link("approve", "GET", buyerUrl(order, origin)),
        link("update", "PATCH"),
        capture,
      ];
    case "APPROVED":
      return [link("self", "GET"), link("update", "PATCH"), capture];
    case "COMPLETED":
      return [link("self", "GET")];
  }
}

function payer({ payerId }: Order): object {
  return {
    name: { given_name: "Kim", surname: "Buyer" },
    email_address: "buyer@personal.example.com",
    payer_id: payerId,
    address: { country_code: "US" },
  };
}

/** `payment_collection` of a purchase unit: refunds stand beside their captures, and only when there are any. */
function paymentsOf(order: Order, capture: Capture, origin: string): object {
  const refunds = capture.refunds.map((refund) => refundObject(order, capture, refund, origin));
  return { captures: [captureObject(order, capture, origin)], ...(refunds.length > 0 && { refunds }) };
}
