import type { StripeAccount } from "./accounts.ts";
import { type Dispute, type Refund, refundedMinor } from "./refund.ts";
import type { WantedSession } from "./session-parameters.ts";

/** One Checkout Session with its payment. Times are seconds since 1970. */
export type Session = {
  account: StripeAccount;
  id: string;
  url: string;
  wanted: WantedSession;
  /** `client_reference_id`, else `metadata.order_no`, else "". */
  orderNo: string;
  status: "open" | "complete" | "expired";
  paymentStatus: "unpaid" | "paid";
  createdAt: number;
  paidAt: number | undefined;
  intent: {
    id: string;
    chargeId: string;
    status: "requires_payment_method" | "processing" | "succeeded";
    /** Seen by the merchant only once the session is complete. */
    lastError: object | null;
  };
  refunds: Refund[];
  dispute: Dispute | undefined;
};

const expandable = ["payment_intent", "payment_intent.latest_charge"];

/** Whether `expand[]` may name this. Stripe knows more; only these are simulated. */
export function isExpandable(name: string): boolean {
  return expandable.includes(name);
}

/** The session as the API and its events show it (docs.stripe.com/api/checkout/sessions/object). */
export function sessionObject(session: Session, expand: readonly string[] = []): object {
  const { wanted, intent } = session;
  const { parameters } = wanted;
  const complete = session.status === "complete";
  const deep = expand.some((name) => name.startsWith("payment_intent"));
  const shownIntent = deep
    ? intentObject(session, expand.includes("payment_intent.latest_charge"))
    : intent.id;
  return {
    id: session.id,
    object: "checkout.session",
    adaptive_pricing: { enabled: parameters.adaptive_pricing?.enabled ?? true },
    allow_promotion_codes: parameters.allow_promotion_codes ?? null,
    amount_subtotal: wanted.amount,
    amount_total: wanted.amount,
    automatic_tax: { enabled: parameters.automatic_tax?.enabled ?? false, liability: null, status: null },
    billing_address_collection: parameters.billing_address_collection ?? null,
    cancel_url: parameters.cancel_url ?? null,
    client_reference_id: parameters.client_reference_id ?? null,
    client_secret: null,
    created: session.createdAt,
    currency: wanted.currency,
    customer: null,
    customer_creation: parameters.customer_creation ?? "if_required",
    customer_details: complete ? { email: "buyer@example.com", name: "Buyer", phone: null } : null,
    customer_email: parameters.customer_email ?? null,
    expires_at: wanted.expiresAt,
    invoice: null,
    livemode: false,
    locale: parameters.locale ?? null,
    metadata: parameters.metadata ?? {},
    mode: "payment",
    // Null until the buyer completes the session (API version 2022-08-01 and later).
    payment_intent: complete ? shownIntent : null,
    payment_link: null,
    payment_method_types: parameters.payment_method_types ?? ["card"],
    payment_status: session.paymentStatus,
    presentment_details: null,
    recovered_from: null,
    status: session.status,
    submit_type: parameters.submit_type ?? null,
    subscription: null,
    success_url: wanted.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted",
    url: session.status === "open" ? session.url : null,
  };
}

/** The payment intent of a session; its metadata are `payment_intent_data.metadata`, never the session's. */
export function intentObject(session: Session, withCharge = false): object {
  const { wanted, intent } = session;
  const succeeded = intent.status === "succeeded";
  return {
    id: intent.id,
    object: "payment_intent",
    amount: wanted.amount,
    amount_received: succeeded ? wanted.amount : 0,
    canceled_at: null,
    capture_method: "automatic_async",
    created: session.createdAt,
    currency: wanted.currency,
    description: wanted.parameters.payment_intent_data?.description ?? null,
    last_payment_error: intent.lastError,
    latest_charge: succeeded ? (withCharge ? chargeObject(session) : intent.chargeId) : null,
    livemode: false,
    metadata: wanted.parameters.payment_intent_data?.metadata ?? {},
    status: intent.status,
  };
}

/** The charge of a paid session (docs.stripe.com/api/charges/object). */
export function chargeObject(session: Session): object {
  const { wanted, intent } = session;
  return {
    id: intent.chargeId,
    object: "charge",
    amount: wanted.amount,
    amount_captured: wanted.amount,
    amount_refunded: refundedMinor(session.refunds),
    captured: true,
    created: session.paidAt,
    currency: wanted.currency,
    disputed: session.dispute !== undefined,
    livemode: false,
    metadata: wanted.parameters.payment_intent_data?.metadata ?? {},
    paid: true,
    payment_intent: intent.id,
    refunded: refundedMinor(session.refunds) === wanted.amount,
    status: "succeeded",
  };
}
