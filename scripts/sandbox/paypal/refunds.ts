import { secondsAfter } from "../../../lib/clock.ts";
import { type PaypalAccount, paypalId } from "./accounts.ts";
import {
  type Capture,
  type Dispute,
  disputeObject,
  type Refund,
  type RefundStatus,
  refundObject,
  returnedMinor,
} from "./capture.ts";
import { type Emitting, emit } from "./events.ts";
import { type Money, shownValue } from "./money.ts";
import { type Order, usesInvoice } from "./order.ts";
import type { Orders } from "./orders.ts";
import { notFound, unprocessable } from "./paypal-error.ts";

/** What a refund may be given. No amount: all that is left. */
export type WantedRefund = {
  amount?: Money | undefined;
  requestId?: string | undefined;
  customId?: string | undefined;
  invoiceId?: string | undefined;
  note?: string | undefined;
  /** Not asked for through the API. */
  inConsole?: boolean;
};

/** A capture or refund with what it belongs to. */
export type Captured = { order: Order; capture: Capture };
export type Refunded = Captured & { refund: Refund };

/** The only place where captured money goes back. */
export type Refunds = {
  findCapture(account: PaypalAccount, id: string): Captured;
  find(account: PaypalAccount, id: string): Refunded;
  all(): Refunded[];
  make(captured: Captured, wanted: WantedRefund): Refund;
  /** How the next refund ends; COMPLETED unless told. */
  planNext(status: RefundStatus): void;
  /** A refund comes to another end. */
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

  function tell({ order, capture, refund }: Refunded, event_type: string): void {
    const shown = shownValue({ minor: refund.minor, currency: order.wanted.amount.currency });
    emit(emitting, order, {
      event_type,
      resource_type: "refund",
      resource_version: "2.0",
      summary: `${event_type}: ${shown} ${order.wanted.amount.currency}`,
      resource: refundObject(order, capture, refund, origin()),
    });
  }

  function add(captured: Captured, minor: number, status: RefundStatus, wanted: WantedRefund): Refunded {
    const now = clock.now();
    const { requestId, customId, invoiceId, note } = wanted;
    const named = { requestId, customId, invoiceId, note };
    const refund: Refund = { id: paypalId(), minor, status, ...named, createdAt: now, updatedAt: now };
    captured.capture.refunds.push(refund);
    captured.capture.updatedAt = now;
    return { ...captured, refund };
  }

  /** A lost dispute: PayPal takes back what is left. */
  function reverse(captured: Captured): void {
    const left = captured.order.wanted.amount.minor - returnedMinor(captured.capture);
    if (left > 0) tell(add(captured, left, "COMPLETED", {}), "PAYMENT.CAPTURE.REVERSED");
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

    make(captured, wanted) {
      const minor = refundable(captured, wanted.amount, clock.now());
      if (!wanted.inConsole) checkInvoice(captured.order, orders.all(), wanted.invoiceId);
      const made = add(captured, minor, next, wanted);
      next = "COMPLETED";
      tell(made, eventOf(made.refund.status));
      return made.refund;
    },

    planNext(status) {
      next = status;
    },

    settle(refunded, status) {
      refunded.refund.status = status;
      refunded.refund.updatedAt = clock.now();
      tell(refunded, eventOf(status));
    },

    dispute(captured, status, outcome) {
      const { order, capture } = captured;
      const now = clock.now();
      const event = !capture.dispute ? "CREATED" : status === "RESOLVED" ? "RESOLVED" : "UPDATED";
      const id = `PP-D-${paypalId(6)}`;
      const known = capture.dispute ?? { id, createdAt: now };
      const dispute: Dispute = { ...known, status, outcome, updatedAt: now };
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

/** The amount that can go back, in minor units. Throws what PayPal refuses. */
function refundable({ order, capture }: Captured, wanted: Money | undefined, now: Date): number {
  const { amount } = order.wanted;
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
  if (wanted && wanted.currency !== amount.currency) {
    const description = "Refund must be in the same currency as the capture.";
    throw unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH", description);
  }
  if (wanted && wanted.minor > left) {
    const description =
      "The refund amount must be less than or equal to the capture amount that has not yet been refunded.";
    throw unprocessable("REFUND_AMOUNT_EXCEEDED", description);
  }
  return wanted?.minor ?? left;
}

function eventOf(status: RefundStatus): string {
  return status === "COMPLETED" ? "PAYMENT.CAPTURE.REFUNDED" : `PAYMENT.REFUND.${status}`;
}
