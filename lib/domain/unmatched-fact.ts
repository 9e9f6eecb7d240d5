import type { ProviderEvent, RefundSeen } from "./provider.ts";

/** An event that names only the provider's transaction: a refund, a dispute, or a request to fetch. */
export type Fact =
  | RefundSeen
  | Extract<ProviderEvent, { kind: "disputed" } | { kind: "refetch"; orderNo: null }>;

/** A verified event about a transaction that no payment has: it may have arrived before the payment's success. */
export type UnmatchedFact = {
  userId: string;
  configId: string;
  provider: string;
  /** The account that the event comes from, and its mode. */
  account: string;
  livemode: boolean;
  fact: Fact;
  at: Date;
};

/** The fact to store: an event that changes sums or needs a person, and names its transaction; else `null`. */
export function factIn(seen: ProviderEvent): Fact | null {
  if (seen.kind === "refetch") return seen.orderNo === null ? seen : null;
  return seen.kind === "refunded" || seen.kind === "refundFailed" || seen.kind === "disputed" ? seen : null;
}
