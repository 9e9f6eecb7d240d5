import type { StripeAccount } from "./accounts.ts";
import { intentObject } from "./intent.ts";
import { nulls } from "./nulls.ts";
import type { Dispute, Refund } from "./refund.ts";
import type { WantedSession } from "./session-parameters.ts";

/** One Checkout Session with its payment. Times are seconds since 1970. */
export type Session = {
  account: StripeAccount;
  id: string;
  url: string;
  wanted: WantedSession;
  /** `client_reference_id`, else `metadata.order_no`, else ""; always "" for a session of a Payment Link. */
  orderNo: string;
  /** The id of the Payment Link that opened it; its buyer chooses `client_reference_id`. */
  paymentLink: string | null;
  status: "open" | "complete" | "expired";
  paymentStatus: "unpaid" | "paid";
  createdAt: number;
  paidAt: number | undefined;
  intent: {
    id: string;
    chargeId: string;
    /** The means of payment that the buyer uses. */
    methodId: string;
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
    ...nulls(neverUsed),
    adaptive_pricing: { enabled: parameters.adaptive_pricing?.enabled ?? true },
    allow_promotion_codes: parameters.allow_promotion_codes ?? null,
    amount_subtotal: wanted.amount,
    amount_total: wanted.amount,
    automatic_tax: {
      enabled: parameters.automatic_tax?.enabled ?? false,
      liability: null,
      provider: null,
      status: null,
    },
    billing_address_collection: parameters.billing_address_collection ?? null,
    cancel_url: parameters.cancel_url ?? null,
    client_reference_id: parameters.client_reference_id ?? null,
    created: session.createdAt,
    currency: wanted.currency,
    custom_fields: [],
    custom_text: nulls("after_submit shipping_address submit terms_of_service_acceptance"),
    customer_creation: parameters.customer_creation ?? "if_required",
    customer_details: complete
      ? { ...nulls(unknownOfBuyer), ...buyer, tax_exempt: "none", tax_ids: [] }
      : null,
    customer_email: parameters.customer_email ?? null,
    discounts: [],
    expires_at: wanted.expiresAt,
    invoice_creation: { enabled: false, invoice_data: { ...nulls(invoiceData), metadata: {} } },
    livemode: false,
    locale: parameters.locale ?? null,
    metadata: parameters.metadata ?? {},
    mode: "payment",
    // Null until the buyer completes the session (API version 2022-08-01 and later).
    payment_intent: complete ? shownIntent : null,
    payment_link: session.paymentLink,
    payment_method_collection: "if_required",
    payment_method_options: {},
    payment_method_types: parameters.payment_method_types ?? ["card"],
    payment_status: session.paymentStatus,
    shipping_options: [],
    status: session.status,
    submit_type: parameters.submit_type ?? null,
    success_url: wanted.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: session.status === "open" ? session.url : null,
  };
}

/** Members that the real one always sends, and that no simulated session uses. */
const neverUsed =
  "after_expiration allowed_payment_method_types client_secret collected_information consent consent_collection " +
  "currency_conversion customer customer_account integration_identifier invoice managed_payments origin_context " +
  "payment_method_configuration_details permissions recovered_from saved_payment_method_options setup_intent " +
  "shipping_address_collection shipping_cost subscription wallet_options";
const buyer = { email: "buyer@example.com", name: "Buyer" };
const unknownOfBuyer = "address business_name individual_name phone";
const invoiceData = "account_tax_ids custom_fields description footer issuer rendering_options";
