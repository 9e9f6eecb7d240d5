import type { Session } from "./session.ts";

export const refundStatuses = ["pending", "requires_action", "succeeded", "failed", "canceled"] as const;
export type RefundStatus = (typeof refundStatuses)[number];

/** One refund. `createdAt`: seconds since 1970. */
export type Refund = {
  id: string;
  amount: number;
  status: RefundStatus;
  reason: string | null;
  metadata: Record<string, string>;
  createdAt: number;
};

export type Dispute = { id: string; status: "needs_response" | "won" | "lost"; createdAt: number };

/** What has gone back, or is on its way back, in minor units. */
export function refundedMinor(refunds: Refund[]): number {
  const counted = refunds.filter(({ status }) => status !== "failed" && status !== "canceled");
  return counted.reduce((sum, { amount }) => sum + amount, 0);
}

/** A refund (docs.stripe.com/api/refunds/object). */
export function refundObject({ intent, wanted }: Session, refund: Refund): object {
  const failed = refund.status === "failed";
  return {
    id: refund.id,
    object: "refund",
    amount: refund.amount,
    balance_transaction: failed ? null : `txn_${refund.id.slice(3)}`,
    charge: intent.chargeId,
    created: refund.createdAt,
    currency: wanted.currency,
    destination_details: { type: "card" },
    ...(failed && { failure_reason: "expired_or_canceled_card" }),
    metadata: refund.metadata,
    payment_intent: intent.id,
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}

/** A dispute (docs.stripe.com/api/disputes/object). */
export function disputeObject({ intent, wanted, refunds }: Session, dispute: Dispute): object {
  return {
    id: dispute.id,
    object: "dispute",
    amount: wanted.amount - refundedMinor(refunds),
    charge: intent.chargeId,
    created: dispute.createdAt,
    currency: wanted.currency,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: intent.id,
    reason: "general",
    status: dispute.status,
  };
}
