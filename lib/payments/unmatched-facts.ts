import { type Clock, secondsAfter } from "../clock.ts";
import { type ApplyEventsGateway, applyEvents } from "./apply-events.ts";
import type { Payment } from "./payment.ts";
import type { ProviderEvent, RefundSeen } from "./provider.ts";
import { purgeBefore } from "./purge-events.ts";

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

export interface UnmatchedFacts {
  /** Stores a fact once, only the newest of each config: an account may have many payments that are not ours. */
  keep(fact: UnmatchedFact): Promise<void>;
  /** Facts whose payment is settled: a settle that ran while they arrived has not applied them. */
  matched(limit: number): Promise<{ id: string; payment: Payment; fact: Fact }[]>;
  remove(userId: string, id: string): Promise<void>;
  /** Deletes at most `limit` facts received before `time` and returns how many it deleted. */
  purge(time: Date, limit: number): Promise<number>;
}

/** The fact to store: an event that changes sums or needs a person, and names its transaction; else `null`. */
export function factIn(seen: ProviderEvent): Fact | null {
  if (seen.kind === "refetch") return seen.orderNo === null ? seen : null;
  return seen.kind === "refunded" || seen.kind === "refundFailed" || seen.kind === "disputed" ? seen : null;
}

export type MatchFactsGateway = ApplyEventsGateway & { facts: UnmatchedFacts };

const perSweep = 200;

/** Applies stored facts whose payment is settled now. Applying a fact twice changes nothing. */
export async function matchFacts(gateway: MatchFactsGateway): Promise<number> {
  const matched = await gateway.facts.matched(perSweep);
  for (const { id, payment, fact } of matched) {
    const { userId, configId, provider, providerAccount: account, livemode } = payment;
    const origin = { userId, configId, provider, account, livemode, source: "webhook" as const };
    await applyEvents(gateway, payment, [fact], origin);
    await gateway.facts.remove(userId, id);
  }
  return matched.length;
}

/** As long as a recorded webhook can be replayed, and longer than any provider repeats one. */
const retentionSeconds = 30 * 24 * 3600;

export function purgeFacts({ clock, facts }: { clock: Clock; facts: UnmatchedFacts }): Promise<number> {
  return purgeBefore(facts, secondsAfter(clock.now(), -retentionSeconds));
}
