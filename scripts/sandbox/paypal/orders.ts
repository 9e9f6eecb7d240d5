import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { Agenda } from "../kernel/agenda.ts";
import { type PaypalAccount, paypalId } from "./accounts.ts";
import type { Capture } from "./capture.ts";
import { type Emitting, tellCapture, tellOrder } from "./events.ts";
import { buyerUrl, type Funding, type Order, usesInvoice } from "./order.ts";
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
  /** The time for a capture is over. */
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
    order.lapsed = true;
    if (order.status === "APPROVED") tellOrder(keeping, order, "CHECKOUT.PAYMENT-APPROVAL.REVERSED");
  }

  function upToDate(order: Order): Order {
    if (!order.capture && !order.lapsed && clock.now() >= order.lapsesAt) lapse(order);
    return order;
  }

  function uncaptured(order: Order): Order {
    if (upToDate(order).lapsed) throw notFound();
    if (order.capture) {
      throw unprocessable("ORDER_ALREADY_CAPTURED", "Order already captured: one capture per order.");
    }
    return order;
  }

  function extend(order: Order): void {
    order.updatedAt = clock.now();
    order.lapsesAt = secondsAfter(clock.now(), lifeSeconds);
    agenda.at(order.lapsesAt, () => void upToDate(order));
  }

  return {
    all: () => orders.map(upToDate),
    lapse: (order) => lapse(upToDate(order)),

    create(account, wanted) {
      const order = newOrder(account, wanted, clock.now());
      orders.push(order);
      extend(order);
      return order;
    },

    find(account, id) {
      const order = orders.find((known) => known.account === account && known.id === id);
      if (!order || upToDate(order).lapsed) throw notFound();
      return order;
    },

    approve(order, funding) {
      uncaptured(order).status = "APPROVED";
      order.funding = funding;
      extend(order);
      tellOrder(keeping, order, "CHECKOUT.ORDER.APPROVED");
    },

    capture(order) {
      checkCapture(uncaptured(order), orders, origin());
      const capture = newCapture(order, clock.now());
      order.capture = capture;
      order.status = "COMPLETED";
      order.updatedAt = capture.createdAt;
      tellCapture(keeping, order, capture, capture.status);
      return capture;
    },

    settle(order, status) {
      const { capture } = order;
      if (capture?.status !== "PENDING") throw unprocessable("NOT_PENDING", "The capture is not pending.");
      capture.status = status;
      capture.updatedAt = clock.now();
      if (status === "COMPLETED") capture.paidAt = capture.updatedAt;
      tellCapture(keeping, order, capture, status === "COMPLETED" ? "COMPLETED" : "DENIED");
    },
  };
}

function newOrder(account: PaypalAccount, wanted: WantedOrder, now: Date): Order {
  return {
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
}

const captureStatus = { good: "COMPLETED", echeck: "PENDING", lost: "DECLINED" } as const;

function newCapture({ funding }: Order, now: Date): Capture {
  const status = funding === "declined" ? "DECLINED" : captureStatus[funding];
  const paidAt = status === "COMPLETED" ? now : undefined;
  return { id: paypalId(), status, createdAt: now, updatedAt: now, paidAt, refunds: [], dispute: undefined };
}

/** Throws what PayPal answers when an order cannot be captured now. */
function checkCapture(order: Order, orders: Order[], origin: string): void {
  if (order.status !== "APPROVED") {
    throw unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.");
  }
  const { account, wanted } = order;
  const own = orders.filter((other) => other.account === account);
  if (wanted.invoiceId !== undefined && own.some((other) => usesInvoice(other, wanted.invoiceId!))) {
    const description = "Duplicate Invoice ID detected: the account wants each transaction to have its own.";
    throw unprocessable("DUPLICATE_INVOICE_ID", description);
  }
  if (order.funding === "declined") {
    const description = "The instrument presented was declined by the processor or bank.";
    const links = [{ href: buyerUrl(order, origin), rel: "redirect" }];
    throw unprocessable("INSTRUMENT_DECLINED", description, links);
  }
}
