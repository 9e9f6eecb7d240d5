import type { ProviderError } from "../errors.ts";
import type { Money } from "../money/money.ts";
import type { Payment, Prepared } from "./payment.ts";
import type { WakeUp } from "./ports.ts";
import type { Refund } from "./refund.ts";

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

export type NewRefund = {
  refundNo: string;
  providerRefundNo: string;
  amount: Money;
  reason: string;
  prepared: Prepared;
  idempotencyKey: string;
  request: string;
  leaseToken: string;
  leaseUntil: Date;
  nextPollAt: Date;
  now: Date;
};

export type Reserved =
  | { kind: "reserved"; leased: LeasedRefund }
  /** This `refund_no` was used before. */
  | { kind: "exists" }
  /** The payment is not success, or less than the amount is left. */
  | { kind: "does-not-fit" };

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

export interface Refunds {
  find(userId: string, refundNo: string): Promise<StoredRefund | null>;
  byId(userId: string, id: string): Promise<StoredRefund | null>;
  /** By the number that we gave the provider. */
  byProviderNo(userId: string, providerRefundNo: string): Promise<StoredRefund | null>;
  /** reserveRefund. */
  reserve(payment: Payment, newRefund: NewRefund): Promise<Reserved>;
  /** Lets one caller call the provider; if its process dies, the next poll is at `nextPollAt`. */
  takeLease(
    stored: StoredRefund,
    lease: { leaseToken: string; leaseUntil: Date; nextPollAt: Date | null; now: Date },
  ): Promise<LeasedRefund | null>;
  /** The outcome is unknown: the reservation stays, and the refund may be fetched again after `leaseUntil`. */
  release(
    leased: LeasedRefund,
    why: string,
    times: { now: Date; leaseUntil: Date; nextPollAt: Date | null },
    key?: KeyAfter,
  ): Promise<void>;
  /** The provider has accepted the refund and will report its end. */
  markPending(
    leased: LeasedRefund,
    refundId: string,
    times: { now: Date; leaseUntil: Date; nextPollAt: Date | null },
  ): Promise<void>;
  /** finishRefund, from any status. */
  finish(refund: Refund, payment: Payment, fact: RefundFact): Promise<RefundFinished>;
  /** Records an external refund, once per id. */
  recordExternal(
    payment: Payment,
    external: { refundId: string; amount: Money },
    source: string,
    now: Date,
  ): Promise<RefundFinished>;
  /**
   * Records the part of the provider's refunded total that is neither ours nor recorded yet as an external refund. A
   * total that our own reservations may cover is stored: if one of them fails, `finish` records the uncovered amount.
   */
  recordTotal(payment: Payment, total: Money, source: string, now: Date): Promise<RefundFinished>;
  /** Records that an external refund failed, so that an older event cannot revive it. */
  failExternal(
    payment: Payment,
    external: { refundId: string; amount: Money },
    source: string,
    now: Date,
  ): Promise<RefundFinished>;
  /** Makes the next poll due at once, final or not. */
  makeDue(refund: Refund, now: Date): Promise<void>;
  /** Allows one poll of a final refund for the due time that was read; the next one is due at `next`. */
  claimRefundPoll(stored: StoredRefund, next: Date | null): Promise<boolean>;
  /** Ends the poll of a final refund that was due at `claimed`; a poll that became due meanwhile stays. */
  endRefundPolls(refund: Refund, claimed: Date | null): Promise<void>;
  /** Refunds that are due for a poll, oldest first. */
  refundsDueForPoll(now: Date, limit: number): Promise<{ refundId: string; userId: string }[]>;
}
