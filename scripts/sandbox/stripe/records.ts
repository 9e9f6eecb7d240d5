import type { StripeAccount } from "./accounts.ts";
import type { SessionInput } from "./session-parameters.ts";

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

/** One Checkout Session with its payment. Times are seconds since 1970. */
export type Session = {
  account: StripeAccount;
  id: string;
  url: string;
  input: SessionInput;
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
    /** The buyer's payment method. */
    methodId: string;
    status: "requires_payment_method" | "processing" | "succeeded";
    /** Visible to the merchant only once the session is complete. */
    lastError: object | null;
  };
  refunds: Refund[];
  dispute: Dispute | undefined;
};
