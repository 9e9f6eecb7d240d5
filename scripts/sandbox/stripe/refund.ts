import { nulls } from "./nulls.ts";
import type { Refund, RefundStatus, Session } from "./records.ts";

/** Whether the money of a refund in this state has left the charge. */
export function isCounted(status: RefundStatus): boolean {
  return status !== "failed" && status !== "canceled";
}

/** Total of the refunds that are not failed or canceled, in minor units. */
export function refundedMinor(refunds: Refund[]): number {
  const counted = refunds.filter(({ status }) => isCounted(status));
  return counted.reduce((sum, { amount }) => sum + amount, 0);
}

/** A refund (docs.stripe.com/api/refunds/object). */
export function refundObject({ intent, input }: Session, refund: Refund): object {
  const failed = refund.status === "failed";
  return {
    id: refund.id,
    object: "refund",
    ...nulls("customer customer_account receipt_number source_transfer_reversal transfer_reversal"),
    amount: refund.amount,
    balance_transaction: failed ? null : `txn_${refund.id.slice(3)}`,
    charge: intent.chargeId,
    created: refund.createdAt,
    currency: input.currency,
    destination_details: { type: "card" },
    ...(failed && { failure_reason: "expired_or_canceled_card" }),
    metadata: refund.metadata,
    payment_intent: intent.id,
    payment_method: intent.methodId,
    reason: refund.reason,
    status: refund.status,
  };
}
