import { intentObject } from "./intent.ts";
import { nulls } from "./nulls.ts";
import type { Session } from "./records.ts";

const expandable = ["payment_intent", "payment_intent.latest_charge"];

/** Whether `expand[]` may name this. Stripe supports more; only these are simulated. */
export function isExpandable(name: string): boolean {
  return expandable.includes(name);
}

/** The session as the API and its events show it (docs.stripe.com/api/checkout/sessions/object). */
export function sessionObject(session: Session, expand: readonly string[] = []): object {
  const { input, intent } = session;
  const { parameters } = input;
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
    amount_subtotal: input.amount,
    amount_total: input.amount,
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
    currency: input.currency,
    custom_fields: [],
    custom_text: nulls("after_submit shipping_address submit terms_of_service_acceptance"),
    customer_creation: parameters.customer_creation ?? "if_required",
    customer_details: complete
      ? { ...nulls(unknownOfBuyer), ...buyer, tax_exempt: "none", tax_ids: [] }
      : null,
    customer_email: parameters.customer_email ?? null,
    discounts: [],
    expires_at: input.expiresAt,
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
    success_url: input.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: session.status === "open" ? session.url : null,
  };
}

/** Members that Stripe always sends and no simulated session uses. */
const neverUsed =
  "after_expiration allowed_payment_method_types client_secret collected_information consent consent_collection " +
  "currency_conversion customer customer_account integration_identifier invoice managed_payments origin_context " +
  "payment_method_configuration_details permissions recovered_from saved_payment_method_options setup_intent " +
  "shipping_address_collection shipping_cost subscription wallet_options";
const buyer = { email: "buyer@example.com", name: "Buyer" };
const unknownOfBuyer = "address business_name individual_name phone";
const invoiceData = "account_tax_ids custom_fields description footer issuer rendering_options";
