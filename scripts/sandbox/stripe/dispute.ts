import { nulls } from "./nulls.ts";
import type { Dispute, Session } from "./records.ts";
import { refundedMinor } from "./refund.ts";

/** Days within which the merchant must answer a dispute of a card payment. */
const answerWithinDays = 10;

/** A dispute (docs.stripe.com/api/disputes/object). */
export function disputeObject({ intent, input, refunds }: Session, dispute: Dispute): object {
  return {
    id: dispute.id,
    object: "dispute",
    amount: input.amount - refundedMinor(refunds),
    balance_transactions: [],
    charge: intent.chargeId,
    created: dispute.createdAt,
    currency: input.currency,
    enhanced_eligibility_types: [],
    evidence: { ...nulls(evidence), enhanced_evidence: {} },
    evidence_details: {
      due_by: dispute.createdAt + answerWithinDays * 24 * 3600,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: intent.id,
    reason: "general",
    status: dispute.status,
  };
}

const evidence =
  "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal " +
  "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature " +
  "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt " +
  "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation " +
  "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number " +
  "uncategorized_file uncategorized_text";
