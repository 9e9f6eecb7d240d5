import { secondsAfter } from "../../../lib/clock.ts";
import { type PaypalAccount, paypalId } from "./accounts.ts";
import { disputeObject, refundObject, returnedMinor } from "./capture.ts";
import { type Emitting, emit } from "./events.ts";
import { type Money, shownValue } from "./money.ts";
import { usesInvoice } from "./order.ts";
import type { Orders } from "./orders.ts";
import { notFound, unprocessable } from "./paypal-error.ts";
import type { Capture, Dispute, Order, Refund, RefundStatus } from "./records.ts";

/** The input of a refund. Without an amount it refunds the rest. */
export type RefundInput = {
  amount?: Money | undefined;
  requestId?: string | undefined;
  customId?: string | undefined;
  invoiceId?: string | undefined;
  note?: string | undefined;
  /** Made in PayPal's console, not through the API. */
  inConsole?: boolean;
};

/** A capture or refund with what it belongs to. */
export type Captured = { order: Order; capture: Capture };
export type Refunded = Captured & { refund: Refund };

/** The only place where captures are refunded. */
export type Refunds = {
  findCapture(account: PaypalAccount, id: string): Captured;
  find(account: PaypalAccount, id: string): Refunded;
  all(): Refunded[];
  make(captured: Captured, input: RefundInput): Refund;
  /** Sets the status of the next refund; the default is COMPLETED. */
  planNext(status: RefundStatus): void;
  /** Changes the status of a refund. */
  settle(refunded: Refunded, status: RefundStatus): void;
  dispute(captured: Captured, status: Dispute["status"], outcome?: string): Dispute;
};

/** 180 days (developer.paypal.com/docs/api/payments/v2: REFUND_TIME_LIMIT_EXCEEDED). */
const refundableSeconds = 180 * 24 * 3600;

/** Refunds, reversals and disputes. Refusals are thrown as `PaypalError`. */
export function createRefunds(emitting: Emitting, orders: Orders): Refunds {
  const { clock, origin } = emitting;
  let next: RefundStatus = "COMPLETED";

  const captures = (): Captured[] =>
    orders.all().flatMap((order) => (order.capture ? [{ order, capture: order.capture }] : []));
  const all = (): Refunded[] =>
    captures().flatMap((captured) => captured.capture.refunds.map((refund) => ({ ...captured, refund })));

  function emitRefund({ order, capture, refund }: Refunded, event_type: string): void {
    const shown = shownValue({ minor: refund.minor, currency: order.input.amount.currency });
    emit(emitting, order, {
      event_type,
      resource_type: "refund",
      resource_version: "2.0",
      summary: `${event_type}: ${shown} ${order.input.amount.currency}`,
      resource: refundObject(order, capture, refund, origin()),
    });
  }

  function add(captured: Captured, minor: number, status: RefundStatus, input: RefundInput): Refunded {
    const now = clock.now();
    const { requestId, customId, invoiceId, note } = input;
    const named = { requestId, customId, invoiceId, note };
    const refund: Refund = { id: paypalId(), minor, status, ...named, createdAt: now, updatedAt: now };
    captured.capture.refunds.push(refund);
    captured.capture.updatedAt = now;
    return { ...captured, refund };
  }

  /** After a lost dispute PayPal reverses the rest. */
  function reverse(captured: Captured): void {
    const left = captured.order.input.amount.minor - returnedMinor(captured.capture);
    if (left > 0) emitRefund(add(captured, left, "COMPLETED", {}), "PAYMENT.CAPTURE.REVERSED");
  }

  return {
    all,

    findCapture(account, id) {
      const found = captures().find(({ order, capture }) => order.account === account && capture.id === id);
      if (!found) throw notFound();
      return found;
    },

    find(account, id) {
      const found = all().find(({ order, refund }) => order.account === account && refund.id === id);
      if (!found) throw notFound();
      return found;
    },

    make(captured, input) {
      const minor = refundable(captured, input.amount, clock.now());
      if (!input.inConsole) checkInvoice(captured.order, orders.all(), input.invoiceId);
      const made = add(captured, minor, next, input);
      next = "COMPLETED";
      emitRefund(made, eventOf(made.refund.status));
      return made.refund;
    },

    planNext(status) {
      next = status;
    },

    settle(refunded, status) {
      refunded.refund.status = status;
      refunded.refund.updatedAt = clock.now();
      emitRefund(refunded, eventOf(status));
    },

    dispute(captured, status, outcome) {
      const { order, capture } = captured;
      const now = clock.now();
      const event = !capture.dispute ? "CREATED" : status === "RESOLVED" ? "RESOLVED" : "UPDATED";
      const id = `PP-D-${paypalId(6)}`;
      const existing = capture.dispute ?? { id, createdAt: now };
      const dispute: Dispute = { ...existing, status, outcome, updatedAt: now };
      capture.dispute = dispute;
      if (outcome === "RESOLVED_BUYER_FAVOUR") reverse(captured);
      emit(emitting, order, {
        event_type: `CUSTOMER.DISPUTE.${event}`,
        resource_type: "dispute",
        summary: `Dispute ${event.toLowerCase()} with Case # ${dispute.id}`,
        resource: disputeObject(order, capture, dispute, origin()),
      });
      return dispute;
    },
  };
}

/**
 * By default an account blocks an invoice number that any of its payments or refunds has used
 * (Sylius/PayPalPlugin#264, awesomemotive/easy-digital-downloads#8873).
 */
function checkInvoice({ account }: Order, orders: Order[], invoiceId: string | undefined): void {
  const own = orders.filter((order) => order.account === account);
  if (invoiceId === undefined || !own.some((order) => usesInvoice(order, invoiceId))) return;
  throw unprocessable("DUPLICATE_INVOICE_ID", "Invoice ID was previously used to refund a capture.");
}

/** The amount to refund, in minor units. Throws PayPal's refusal when the refund is not possible. */
function refundable({ order, capture }: Captured, input: Money | undefined, now: Date): number {
  const { amount } = order.input;
  if (capture.status === "PENDING") {
    throw unprocessable("PENDING_CAPTURE", "Cannot initiate a refund as the capture is pending.");
  }
  if (capture.status === "DECLINED") {
    throw unprocessable("REFUND_NOT_ALLOWED", "A declined capture cannot be refunded.");
  }
  if (now > secondsAfter(capture.createdAt, refundableSeconds)) {
    throw unprocessable("REFUND_TIME_LIMIT_EXCEEDED", "You are over the time limit to perform a refund.");
  }
  const left = amount.minor - returnedMinor(capture);
  if (left === 0) {
    throw unprocessable("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.");
  }
  if (input && input.currency !== amount.currency) {
    const description = "Refund must be in the same currency as the capture.";
    throw unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH", description);
  }
  if (input && input.minor > left) {
    const description =
      "The refund amount must be less than or equal to the capture amount that has not yet been refunded.";
    throw unprocessable("REFUND_AMOUNT_EXCEEDED", description);
  }
  return input?.minor ?? left;
}

function eventOf(status: RefundStatus): string {
  return status === "COMPLETED" ? "PAYMENT.CAPTURE.REFUNDED" : `PAYMENT.REFUND.${status}`;
}
