import type { PaypalAccount } from "./accounts.ts";
import { type Capture, captureObject, refundObject } from "./capture.ts";
import { amountObject } from "./money.ts";
import type { WantedOrder } from "./order-parameters.ts";

/** How the instrument that the buyer has chosen will behave when the order is captured. */
export type Funding =
  | "good"
  /** The capture will be PENDING. */
  | "echeck"
  /** The capture will be refused; the buyer may choose another instrument. */
  | "declined"
  /** The capture will be made, and be DECLINED. */
  | "lost";

/** One order. */
export type Order = {
  account: PaypalAccount;
  id: string;
  wanted: WantedOrder;
  status: "CREATED" | "PAYER_ACTION_REQUIRED" | "APPROVED" | "COMPLETED";
  funding: Funding;
  payerId: string;
  createdAt: Date;
  updatedAt: Date;
  /** When it is gone unless it was captured. */
  lapsesAt: Date;
  lapsed: boolean;
  capture: Capture | undefined;
};

/** Our number for it: `invoice_id`, else `custom_id`, else "". */
export function orderNoOf({ wanted }: Order): string {
  return wanted.invoiceId ?? wanted.customId ?? "";
}

/** Whether the order has brought money, or will, or has given some back under this invoice number. */
export function usesInvoice({ wanted, capture }: Order, invoiceId: string): boolean {
  if (capture === undefined || capture.status === "DECLINED") return false;
  return wanted.invoiceId === invoiceId || capture.refunds.some((refund) => refund.invoiceId === invoiceId);
}

/** Times in whole seconds, as PayPal writes those of resources. */
export function shownTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** The whole order (developer.paypal.com/docs/api/orders/v2/#orders_get). `origin` is the simulator's own URL. */
export function orderObject(order: Order, origin: string): object {
  const { wanted, account, capture } = order;
  const approved = order.status === "APPROVED" || order.status === "COMPLETED";
  return {
    ...minimalOrder(order, origin),
    intent: "CAPTURE",
    purchase_units: [
      {
        reference_id: wanted.referenceId,
        amount: amountObject(wanted.amount),
        payee: { email_address: account.email, merchant_id: account.merchantId },
        description: wanted.description,
        custom_id: wanted.customId,
        invoice_id: wanted.invoiceId,
        soft_descriptor: wanted.softDescriptor,
        ...(capture && { payments: paymentsOf(order, capture, origin) }),
      },
    ],
    ...(approved && { payer: payer(order) }),
    create_time: shownTime(order.createdAt),
    update_time: shownTime(order.updatedAt),
  };
}

/** What `Prefer: return=minimal`, the default, gives of an order. */
export function minimalOrder(order: Order, origin: string): object {
  const { id, status } = order;
  const approved = status === "APPROVED" || status === "COMPLETED";
  const source = approved
    ? { email_address: "buyer@personal.example.com", account_id: order.payerId, account_status: "VERIFIED" }
    : {};
  const shown = order.wanted.withSource || approved;
  return { id, status, ...(shown && { payment_source: { paypal: source } }), links: links(order, origin) };
}

/** What a capture gives of the order by default: the capture is in it, the purchase unit's own fields are not. */
export function minimalCapturedOrder(order: Order, capture: Capture, origin: string): object {
  const captures = [captureObject(order, capture, origin)];
  const units = [{ reference_id: order.wanted.referenceId, payments: { captures } }];
  return { ...minimalOrder(order, origin), purchase_units: units, payer: payer(order) };
}

/** Where the buyer goes to approve. */
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
