import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Keep } from "../kernel/stored-state.ts";
import { type PaypalAccount, paypalId } from "./accounts.ts";
import { type Emitting, emitCapture, emitOrder } from "./events.ts";
import { buyerUrl, usesInvoice } from "./order.ts";
import type { OrderInput } from "./order-parameters.ts";
import { notFound, unprocessable } from "./paypal-error.ts";
import type { Capture, Funding, Order } from "./records.ts";

/** All orders, and the only place where one is approved, captured or lapses. Every read first lapses overdue orders. */
export type Orders = {
  create(account: PaypalAccount, input: OrderInput): Order;
  all(): Order[];
  find(account: PaypalAccount, id: string): Order;
  /** The buyer approves with an instrument of this behaviour. */
  approve(order: Order, funding: Funding): void;
  capture(order: Order): Capture;
  /** Ends a pending capture. */
  settle(order: Order, status: "COMPLETED" | "DECLINED"): void;
  /** Ends the time in which the order can be captured. */
  lapse(order: Order): void;
};

/** Three hours, from creation and again from approval. */
const lifeSeconds = 3 * 3600;

/** PayPal's orders. Refusals are thrown as `PaypalError`. */
export function createOrders(keeping: Emitting & { scheduler: Scheduler; clock: Clock; keep: Keep }): Orders {
  const { clock, scheduler, origin, keep } = keeping;
  const orders = keep<Order[]>("orders", []);

  function lapse(order: Order): void {
    if (order.capture || order.lapsed) throw notFound();
    order.lapsed = true;
    if (order.status === "APPROVED") emitOrder(keeping, order, "CHECKOUT.PAYMENT-APPROVAL.REVERSED");
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
    lapseInTime(order);
  }

  function lapseInTime(order: Order): void {
    scheduler.at(order.lapsesAt, () => void upToDate(order));
  }
  // Orders from before a restart.
  for (const order of orders) lapseInTime(order);

  return {
    all: () => orders.map(upToDate),
    lapse: (order) => lapse(upToDate(order)),

    create(account, input) {
      const order = newOrder(account, input, clock.now());
      orders.push(order);
      extend(order);
      return order;
    },

    find(account, id) {
      const order = orders.find((one) => one.account === account && one.id === id);
      if (!order || upToDate(order).lapsed) throw notFound();
      return order;
    },

    approve(order, funding) {
      uncaptured(order).status = "APPROVED";
      order.funding = funding;
      extend(order);
      emitOrder(keeping, order, "CHECKOUT.ORDER.APPROVED");
    },

    capture(order) {
      checkCapture(uncaptured(order), orders, origin());
      const capture = newCapture(order, clock.now());
      order.capture = capture;
      order.status = "COMPLETED";
      order.updatedAt = capture.createdAt;
      emitCapture(keeping, order, capture, capture.status);
      return capture;
    },

    settle(order, status) {
      const { capture } = order;
      if (capture?.status !== "PENDING") throw unprocessable("NOT_PENDING", "The capture is not pending.");
      capture.status = status;
      capture.updatedAt = clock.now();
      if (status === "COMPLETED") capture.paidAt = capture.updatedAt;
      emitCapture(keeping, order, capture, status === "COMPLETED" ? "COMPLETED" : "DENIED");
    },
  };
}

function newOrder(account: PaypalAccount, input: OrderInput, now: Date): Order {
  return {
    account,
    id: paypalId(),
    input,
    status: input.withSource ? "PAYER_ACTION_REQUIRED" : "CREATED",
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

/** Throws PayPal's refusal when the order cannot be captured now. */
function checkCapture(order: Order, orders: Order[], origin: string): void {
  if (order.status !== "APPROVED") {
    throw unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.");
  }
  const { account, input } = order;
  const own = orders.filter((other) => other.account === account);
  if (input.invoiceId !== undefined && own.some((other) => usesInvoice(other, input.invoiceId!))) {
    const description = "Duplicate Invoice ID detected: the account wants each transaction to have its own.";
    throw unprocessable("DUPLICATE_INVOICE_ID", description);
  }
  if (order.funding === "declined") {
    const description = "The instrument presented was declined by the processor or bank.";
    const links = [{ href: buyerUrl(order, origin), rel: "redirect" }];
    throw unprocessable("INSTRUMENT_DECLINED", description, links);
  }
}
