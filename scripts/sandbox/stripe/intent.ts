import { nulls } from "./nulls.ts";
import { refundedMinor } from "./refund.ts";
import type { Session } from "./session.ts";

/** The payment intent of a session; its metadata are `payment_intent_data.metadata`, never the session's. */
export function intentObject(session: Session, withCharge = false): object {
  const { wanted, intent } = session;
  const succeeded = intent.status === "succeeded";
  const { description, metadata, statement_descriptor_suffix } = wanted.parameters.payment_intent_data ?? {};
  return {
    id: intent.id,
    object: "payment_intent",
    ...nulls(unusedOfIntent),
    amount: wanted.amount,
    amount_capturable: 0,
    amount_received: succeeded ? wanted.amount : 0,
    capture_method: "automatic_async",
    client_secret: `${intent.id}_secret_${session.id.slice(-24)}`,
    confirmation_method: "automatic",
    created: session.createdAt,
    currency: wanted.currency,
    description: description ?? null,
    last_payment_error: intent.lastError,
    latest_charge: succeeded ? (withCharge ? chargeObject(session) : intent.chargeId) : null,
    livemode: false,
    metadata: metadata ?? {},
    payment_method: succeeded ? intent.methodId : null,
    payment_method_options: {},
    payment_method_types: wanted.parameters.payment_method_types ?? ["card"],
    statement_descriptor_suffix: statement_descriptor_suffix ?? null,
    status: intent.status,
  };
}

/** The charge of a paid session (docs.stripe.com/api/charges/object). */
export function chargeObject(session: Session): object {
  const { wanted, intent } = session;
  const { description, metadata, statement_descriptor_suffix } = wanted.parameters.payment_intent_data ?? {};
  const refunded = refundedMinor(session.refunds);
  return {
    id: intent.chargeId,
    object: "charge",
    ...nulls(unusedOfCharge),
    amount: wanted.amount,
    amount_captured: wanted.amount,
    amount_refunded: refunded,
    balance_transaction: `txn_${intent.chargeId.slice(3)}`,
    billing_details: { ...nulls("address phone tax_id"), email: "buyer@example.com", name: "Buyer" },
    calculated_statement_descriptor: "SIMULATED SHOP",
    captured: true,
    created: session.paidAt,
    currency: wanted.currency,
    description: description ?? null,
    disputed: session.dispute !== undefined,
    fraud_details: {},
    livemode: false,
    metadata: metadata ?? {},
    outcome: {
      ...nulls("advice_code network_advice_code network_decline_code reason"),
      network_status: "approved_by_network",
      seller_message: "Payment complete.",
      type: "authorized",
    },
    paid: true,
    payment_intent: intent.id,
    payment_method: intent.methodId,
    payment_method_details: { type: "card", card: { brand: "visa", last4: "4242" } },
    refunded: refunded === wanted.amount,
    statement_descriptor_suffix: statement_descriptor_suffix ?? null,
    status: "succeeded",
  };
}

/** Members that the real ones always send, and that no simulated payment uses. */
const unusedOfIntent =
  "allowed_payment_method_types application application_fee_amount automatic_payment_methods canceled_at " +
  "cancellation_reason customer customer_account excluded_payment_method_types managed_payments next_action " +
  "on_behalf_of payment_method_configuration_details payment_record processing receipt_email review " +
  "setup_future_usage shipping source statement_descriptor transfer_group";
const unusedOfCharge =
  "application application_fee application_fee_amount customer failure_balance_transaction failure_code " +
  "failure_message on_behalf_of receipt_email receipt_number receipt_url review shipping source source_transfer " +
  "statement_descriptor transfer_data transfer_group";
