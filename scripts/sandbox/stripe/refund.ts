import { nulls } from "./nulls.ts";
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

/** Whether the money of a refund in this state has left the charge. */
export function isCounted(status: RefundStatus): boolean {
  return status !== "failed" && status !== "canceled";
}

/** What has gone back, or is on its way back, in minor units. */
export function refundedMinor(refunds: Refund[]): number {
  const counted = refunds.filter(({ status }) => isCounted(status));
  return counted.reduce((sum, { amount }) => sum + amount, 0);
}

/** A refund (docs.stripe.com/api/refunds/object). */
export function refundObject({ intent, wanted }: Session, refund: Refund): object {
  const failed = refund.status === "failed";
  return {
    id: refund.id,
    object: "refund",
    ...nulls("customer customer_account receipt_number source_transfer_reversal transfer_reversal"),
    amount: refund.amount,
    balance_transaction: failed ? null : `txn_${refund.id.slice(3)}`,
    charge: intent.chargeId,
    created: refund.createdAt,
    currency: wanted.currency,
    destination_details: { type: "card" },
    ...(failed && { failure_reason: "expired_or_canceled_card" }),
    metadata: refund.metadata,
    payment_intent: intent.id,
    payment_method: intent.methodId,
    reason: refund.reason,
    status: refund.status,
  };
}
