import type { ProviderError } from "../errors.ts";
import type { Money } from "../money/money.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";
import type { Prepared } from "../payment/provider.ts";
import type { Refund } from "./refund.ts";

/** A refund with its payment, as it is stored. */
export type StoredRefund = {
  refund: Refund;
  payment: Payment;
  /** The normalised request. */
  request: string;
  leaseUntil: Date;
  nextQueryAt: Date | null;
};

/** Only the holder of the lease may ask the provider for the refund. */
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
  nextQueryAt: Date;
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
  /** Whose word it is: `call`, `look-up`, `webhook`. */
  told: string;
  now: Date;
  /** False when the caller is being answered with it. */
  notify: boolean;
  /** The provider was asked for it: only then may it change a final status, because events come late and twice. */
  overrules: boolean;
  /** Of the run whose call was answered with it: it says nothing once another run has taken the refund over. */
  leaseToken?: string;
};

export type RefundFinished =
  | { kind: "finished"; notifications: Hint[]; after: "processing" | "success" | "failed" }
  /** Nothing new. */
  | { kind: "already" }
  /** It has ended in the other way already: the provider is to be asked. */
  | { kind: "contradicts"; refund: Refund }
  /** A late success that no longer fits into the payment. */
  | { kind: "over-refund" };

export interface Refunds {
  find(userId: string, refundNo: string): Promise<StoredRefund | null>;
  byId(userId: string, id: string): Promise<StoredRefund | null>;
  /** By the number that we gave the provider. */
  byProviderNo(userId: string, providerRefundNo: string): Promise<StoredRefund | null>;
  /** T5. */
  reserve(payment: Payment, wanted: NewRefund): Promise<Reserved>;
  /** Lets one caller ask the provider; should it die, another look is due at `nextQueryAt`. */
  takeOver(
    stored: StoredRefund,
    lease: { leaseToken: string; leaseUntil: Date; nextQueryAt: Date | null; now: Date },
  ): Promise<LeasedRefund | null>;
  /** The outcome is not known: the reservation stays, somebody may look again after `leaseUntil`. */
  release(
    leased: LeasedRefund,
    why: string,
    times: { now: Date; leaseUntil: Date; nextQueryAt: Date | null },
    key?: KeyAfter,
  ): Promise<void>;
  /** The provider has it and will say how it ends. */
  pend(
    leased: LeasedRefund,
    refundId: string,
    times: { now: Date; leaseUntil: Date; nextQueryAt: Date | null },
  ): Promise<void>;
  /** T5b, from whatever status it has. */
  finish(refund: Refund, payment: Payment, fact: RefundFact): Promise<RefundFinished>;
  /** A refund that was made in the provider's console: recorded once per id. */
  recordForeign(
    payment: Payment,
    foreign: { refundId: string; amount: Money },
    told: string,
    now: Date,
  ): Promise<RefundFinished>;
  /**
   * What of the provider's running total is neither ours nor recorded yet is recorded as made in its console. A total that
   * our own reservations may hide is kept: should one of them fail, `finish` records what it has hidden.
   */
  recordTotal(payment: Payment, total: Money, told: string, now: Date): Promise<RefundFinished>;
  /** A refund of the console that came to nothing after all; recorded, so that an older event cannot revive it. */
  failForeign(
    payment: Payment,
    foreign: { refundId: string; amount: Money },
    told: string,
    now: Date,
  ): Promise<RefundFinished>;
  /** Makes the next look due at once, final or not. */
  makeDue(refund: Refund, now: Date): Promise<void>;
  /** Allows one look at a final refund for the due time that was read; another is due at `next`. */
  claimLook(stored: StoredRefund, next: Date | null): Promise<boolean>;
  /** A final refund was looked at, as due at `claimed`; a look that became due meanwhile stays. */
  endLooks(refund: Refund, claimed: Date | null): Promise<void>;
  /** Refunds to be asked about, oldest first. */
  dueForLook(now: Date, limit: number): Promise<{ refundId: string; userId: string }[]>;
}
