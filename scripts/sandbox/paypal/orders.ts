import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { Agenda } from "../kernel/agenda.ts";
import { type PaypalAccount, paypalId } from "./accounts.ts";
import { type Capture, captureObject } from "./capture.ts";
import { type Emitting, emit } from "./events.ts";
import { shownValue } from "./money.ts";
import { buyerUrl, type Funding, type Order, orderObject } from "./order.ts";
import type { WantedOrder } from "./order-parameters.ts";
import { notFound, unprocessable } from "./paypal-error.ts";

/** All orders, and the only place where one is approved, captured or lapses. Every look lets its time run out first. */
export type Orders = {
  create(account: PaypalAccount, wanted: WantedOrder): Order;
  all(): Order[];
  find(account: PaypalAccount, id: string): Order;
  /** The buyer approves with an instrument that behaves so. */
  approve(order: Order, funding: Funding): void;
  capture(order: Order): Capture;
  /** A pending capture comes to its end. */
  settle(order: Order, status: "COMPLETED" | "DECLINED"): void;
  /** Uncaptured time is over. */
  lapse(order: Order): void;
};

/** Three hours, from creation and again from approval. */
const lifeSeconds = 3 * 3600;

/** PayPal's orders. Refusals are thrown as `PaypalError`. */
export function createOrders(keeping: Emitting & { agenda: Agenda; clock: Clock }): Orders {
  const { clock, agenda, origin } = keeping;
  const orders: Order[] = [];

  function lapse(order: Order): void {
    if (order.capture || order.lapsed) throw notFound();
    const approved = order.status === "APPROVED";
    order.lapsed = true;
    if (approved) tell(order, "CHECKOUT.PAYMENT-APPROVAL.REVERSED", "The approval was reversed");
  }

  function upToDate(order: Order): Order {
    if (!order.capture && !order.lapsed && clock.now() >= order.lapsesAt) lapse(order);
    return order;
  }

  function live(order: Order): Order {
    if (upToDate(order).lapsed) throw notFound();
    return order;
  }

  function extend(order: Order): void {
    order.updatedAt = clock.now();
    order.lapsesAt = secondsAfter(clock.now(), lifeSeconds);
    agenda.at(order.lapsesAt, () => void upToDate(order));
  }

  function tell(order: Order, event_type: string, summary: string): void {
    const resource = orderObject(order, origin());
    emit(keeping, order, {
      event_type,
      resource_type: "checkout-order",
      resource_version: "2.0",
      summary,
      resource,
    });
  }

  function tellCapture(order: Order, capture: Capture, event: string): void {
    const { amount } = order.wanted;
    emit(keeping, order, {
      event_type: `PAYMENT.CAPTURE.${event}`,
      resource_type: "capture",
      resource_version: "2.0",
      summary: `Payment ${event.toLowerCase()} for ${shownValue(amount)} ${amount.currency}`,
      resource: captureObject(order, capture, origin()),
    });
  }

  function duplicateInvoice({ account, wanted }: Order): boolean {
    return orders.some(
      (other) =>
        other.account === account &&
        other.capture !== undefined &&
        other.capture.status !== "DECLINED" &&
        other.wanted.invoiceId !== undefined &&
        other.wanted.invoiceId === wanted.invoiceId,
    );
  }

  return {
    all: () => orders.map(upToDate),
    lapse: (order) => lapse(upToDate(order)),

    create(account, wanted) {
      const now = clock.now();
      const order: Order = {
        account,
        id: paypalId(),
        wanted,
        status: wanted.withSource ? "PAYER_ACTION_REQUIRED" : "CREATED",
        funding: "good",
        payerId: paypalId(13),
        createdAt: now,
        updatedAt: now,
        lapsesAt: now,
        lapsed: false,
        capture: undefined,
      };
      orders.push(order);
      extend(order);
      return order;
    },

    find(account, id) {
      const order = orders.find((known) => known.account === account && known.id === id);
      if (!order) throw notFound();
      return live(order);
    },

    approve(order, funding) {
      if (live(order).capture) throw alreadyCaptured();
      order.status = "APPROVED";
      order.funding = funding;
      extend(order);
      tell(order, "CHECKOUT.ORDER.APPROVED", "An order has been approved by buyer");
    },

    capture(order) {
      if (live(order).capture) throw alreadyCaptured();
      if (order.status !== "APPROVED") {
        throw unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.");
      }
      if (duplicateInvoice(order)) {
        const description =
          "Duplicate Invoice ID detected: the account wants each transaction to have its own.";
        throw unprocessable("DUPLICATE_INVOICE_ID", description);
      }
      if (order.funding === "declined") {
        const description = "The instrument presented was declined by the processor or bank.";
        const links = [{ href: buyerUrl(order, origin()), rel: "redirect" }];
        throw unprocessable("INSTRUMENT_DECLINED", description, links);
      }
      const now = clock.now();
      const status =
        order.funding === "good" ? "COMPLETED" : order.funding === "echeck" ? "PENDING" : "DECLINED";
      const capture: Capture = {
        id: paypalId(),
        status,
        createdAt: now,
        updatedAt: now,
        refunds: [],
        dispute: undefined,
      };
      order.capture = capture;
      order.status = "COMPLETED";
      order.updatedAt = now;
      tellCapture(order, capture, status);
      return capture;
    },

    settle(order, status) {
      const { capture } = order;
      if (capture?.status !== "PENDING") throw unprocessable("NOT_PENDING", "The capture is not pending.");
      capture.status = status;
      capture.updatedAt = clock.now();
      tellCapture(order, capture, status === "COMPLETED" ? "COMPLETED" : "DENIED");
    },
  };
}

function alreadyCaptured(): Error {
  const description = "Order already captured. If 'intent=CAPTURE' only one capture per order is allowed.";
  return unprocessable("ORDER_ALREADY_CAPTURED", description);
}
