import type { ProviderError } from "../errors.ts";
import type { Money } from "../money/money.ts";
import type { RefundStatus } from "./status.ts";

/** A refund as it is stored. */
export type Refund = {
  id: string;
  userId: string;
  orderId: string;
  /** The merchant's own number; "" for one made in the provider's console. */
  refundNo: string;
  /** What the provider is given as its number and idempotency key: `R` and 31 of `[0-9A-Z]`, unique everywhere. */
  providerRefundNo: string;
  amount: Money;
  status: RefundStatus;
  reason: string;
  /** The provider's id; "" until it is known. */
  refundId: string;
  refusal: ProviderError | null;
  createdAt: Date;
  updatedAt: Date;
};

/** What came of asking a provider to make a refund, or about one. */
export type RefundOutcome =
  /** The money is on its way back for good. */
  | { kind: "refunded"; refundId: string }
  /** The provider has it and will say how it ends. `attention`: a person must act in the provider's console. */
  | { kind: "pending"; refundId: string; attention?: boolean }
  /** It was made and did not succeed: the money stays with the merchant. */
  | { kind: "failed"; refundId: string; error: ProviderError }
  /** `final`: the provider will never make this refund. Else our credentials or limits are the reason. */
  | { kind: "refused"; final: boolean; error: ProviderError }
  /** Look-ups only: the provider knows no such refund. */
  | { kind: "missing"; why: string }
  /** Time-out, 5xx, unreadable or unverified answer: it may have been made. */
  | { kind: "unknown"; why: string };
