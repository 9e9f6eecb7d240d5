import { nulls } from "./nulls.ts";
import type { Session } from "./records.ts";
import { refundedMinor } from "./refund.ts";

/** The payment intent of a session; its metadata are `payment_intent_data.metadata`, never the session's. */
export function intentObject(session: Session, withCharge = false): object {
  const { input, intent } = session;
  const succeeded = intent.status === "succeeded";
  const { description, metadata, statement_descriptor_suffix } = input.parameters.payment_intent_data ?? {};
  return {
    id: intent.id,
    object: "payment_intent",
    ...nulls(unusedOfIntent),
    amount: input.amount,
    amount_capturable: 0,
    amount_received: succeeded ? input.amount : 0,
    capture_method: "automatic_async",
    client_secret: `${intent.id}_secret_${session.id.slice(-24)}`,
    confirmation_method: "automatic",
    created: session.createdAt,
    currency: input.currency,
    description: description ?? null,
    last_payment_error: intent.lastError,
    latest_charge: succeeded ? (withCharge ? chargeObject(session) : intent.chargeId) : null,
    livemode: false,
    metadata: metadata ?? {},
    payment_method: succeeded ? intent.methodId : null,
    payment_method_options: {},
    payment_method_types: input.parameters.payment_method_types ?? ["card"],
    statement_descriptor_suffix: statement_descriptor_suffix ?? null,
    status: intent.status,
  };
}

/** The charge of a paid session (docs.stripe.com/api/charges/object). */
export function chargeObject(session: Session): object {
  const { input, intent } = session;
  const { description, metadata, statement_descriptor_suffix } = input.parameters.payment_intent_data ?? {};
  const refunded = refundedMinor(session.refunds);
  return {
    id: intent.chargeId,
    object: "charge",
    ...nulls(unusedOfCharge),
    amount: input.amount,
    amount_captured: input.amount,
    amount_refunded: refunded,
    balance_transaction: `txn_${intent.chargeId.slice(3)}`,
    billing_details: { ...nulls("address phone tax_id"), email: "buyer@example.com", name: "Buyer" },
    calculated_statement_descriptor: "SIMULATED SHOP",
    captured: true,
    created: session.paidAt,
    currency: input.currency,
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
    refunded: refunded === input.amount,
    statement_descriptor_suffix: statement_descriptor_suffix ?? null,
    status: "succeeded",
  };
}

/** Members that Stripe always sends and no simulated payment uses. */
const unusedOfIntent =
  "allowed_payment_method_types application application_fee_amount automatic_payment_methods canceled_at " +
  "cancellation_reason customer customer_account excluded_payment_method_types managed_payments next_action " +
  "on_behalf_of payment_method_configuration_details payment_record processing receipt_email review " +
  "setup_future_usage shipping source statement_descriptor transfer_group";
const unusedOfCharge =
  "application application_fee application_fee_amount customer failure_balance_transaction failure_code " +
  "failure_message on_behalf_of receipt_email receipt_number receipt_url review shipping source source_transfer " +
  "statement_descriptor transfer_data transfer_group";
