import type { ProviderError } from "../errors.ts";
import type { Money } from "../money/money.ts";
import type { Payment, Prepared } from "./payment.ts";
import type { RefundStatus } from "./refund-status.ts";
import type { Refusal } from "./refusal.ts";
import type { WakeUp } from "./wake-up.ts";

/** A refund as it is stored. */
export type Refund = {
  id: string;
  userId: string;
  orderId: string;
  /** The merchant's own number; "" for an external refund. */
  refundNo: string;
  /** What the provider is given as its number and idempotency key: `R` and 31 of `[0-9A-Z]`, unique everywhere. */
  providerRefundNo: string;
  amount: Money;
  status: RefundStatus;
  reason: string;
  /** The request to the provider as it was stored; a repeat sends exactly this again. */
  prepared: Prepared;
  /** Under one key a provider makes a refund once, and may repeat what it answered; renewed after a listed refusal only. */
  idempotencyKey: string;
  /** The provider's id; "" until it is known. */
  refundId: string;
  refusal: ProviderError | null;
  createdAt: Date;
  updatedAt: Date;
};

/** What a provider may know of a refund before anything is reserved for it. */
export type PlannedRefund = Pick<Refund, "providerRefundNo" | "amount" | "reason">;

/** The outcome of a refund call, or of fetching a refund. */
export type RefundOutcome =
  /** The money is on its way back for good. */
  | { kind: "refunded"; refundId: string }
  /** The provider has accepted it and will report its end. `attention`: a person must act in the provider's console. */
  | { kind: "pending"; refundId: string; attention?: boolean }
  /** It was made and did not succeed: the money stays with the merchant. */
  | { kind: "failed"; refundId: string; error: ProviderError }
  /** A verified refusal; its `ends` says whether the refund is over. */
  | ({ kind: "refused" } & Refusal)
  /** Fetches only: the provider knows no such refund. */
  | { kind: "missing"; why: string }
  /**
   * Time-out, 5xx, unreadable or unverified answer, or a refusal whose code is not in the provider's table (`unlisted`): it
   * may have been made.
   */
  | { kind: "unknown"; why: string; unlisted?: string };

/** A refund with its payment, as it is stored. */
export type StoredRefund = {
  refund: Refund;
  payment: Payment;
  /** The normalised request. */
  request: string;
  leaseUntil: Date;
  nextPollAt: Date | null;
};

/** Only the lease holder may request the refund from the provider. */
export type LeasedRefund = {
  refund: Refund;
  payment: Payment;
  leaseToken: string;
  /** When an earlier call under the refund's key began that was not clearly answered; `null`: there is none. */
  unclearSince: Date | null;
};

/**
 * What is known of the refund's key at the end of a run: the time since when a call under it is unclear (`null`: none is),
 * or the new key that takes its place.
 */
export type KeyAfter = { unclearSince: Date | null } | { newKey: string };

/** A verified end of a refund. */
export type RefundFact = {
  to: "success" | "failed";
  refundId: string;
  /** Why it failed. */
  error: ProviderError | null;
  /** Where it comes from: `call`, `poll`, `webhook` or `operator`. */
  source: string;
  now: Date;
  /** False when the caller is being answered with it. */
  notify: boolean;
  /** It comes from a poll: only a poll may change a final status, because events arrive late and repeated. */
  overrules: boolean;
  /** An operator replays the event: an anomaly that is already recorded is not counted again. */
  isReplay?: boolean;
  /** Lease of the run that received this answer; the answer does not count once another run holds the lease. */
  leaseToken?: string;
};

export type RefundFinished =
  | { kind: "finished"; notifications: WakeUp[]; after: "processing" | "success" | "failed" }
  /** Nothing new. */
  | { kind: "already" }
  /** The refund has already ended the other way, so it must be fetched from the provider. */
  | { kind: "contradicts"; refund: Refund }
  /** A late success that no longer fits into the payment. */
  | { kind: "over-refund" };
