import { type Clock, secondsAfter } from "../clock.ts";
import { forgetBefore } from "./forget-events.ts";
import { type ObserveGateway, observe } from "./observe.ts";
import type { Payment } from "./payment.ts";
import type { Observation, RefundSeen } from "./provider.ts";

/** What a provider has told of a transaction by its own number alone: a refund, a dispute, or that we should ask. */
export type Fact = RefundSeen | Extract<Observation, { kind: "disputed" } | { kind: "hint"; orderNo: null }>;

/** A verified fact of a transaction that no payment of ours has: it may have overtaken the payment's own success. */
export type UnmatchedFact = {
  userId: string;
  configId: string;
  provider: string;
  /** The account that said so, and in which mode. */
  account: string;
  livemode: boolean;
  fact: Fact;
  at: Date;
};

export interface UnmatchedFacts {
  /** Once; of a config only the newest are kept, because an account may have many payments that are not ours. */
  keep(fact: UnmatchedFact): Promise<void>;
  /** Those whose payment is settled: a settle that was under way while they came has not seen them. */
  matched(limit: number): Promise<{ id: string; payment: Payment; fact: Fact }[]>;
  remove(userId: string, id: string): Promise<void>;
  /** Deletes at most `limit` of those that came before `time`, and answers how many. */
  forget(time: Date, limit: number): Promise<number>;
}

/** Whether it is worth keeping: what changes sums or calls a person, and names its transaction. */
export function factIn(seen: Observation): Fact | null {
  if (seen.kind === "hint") return seen.orderNo === null ? seen : null;
  return seen.kind === "refunded" || seen.kind === "refundFailed" || seen.kind === "disputed" ? seen : null;
}

export type MatchFactsGateway = ObserveGateway & { facts: UnmatchedFacts };

const perSweep = 200;

/** Applies what was kept and has a payment now. Each fact is known to the guards that it meets: twice changes nothing. */
export async function matchFacts(gateway: MatchFactsGateway): Promise<number> {
  const matched = await gateway.facts.matched(perSweep);
  for (const { id, payment, fact } of matched) {
    const { userId, configId, provider, providerAccount: account, livemode } = payment;
    const source = { userId, configId, provider, account, livemode, told: "webhook" as const };
    await observe(gateway, payment, [fact], source);
    await gateway.facts.remove(userId, id);
  }
  return matched.length;
}

/** As long as a recorded webhook can be replayed, and longer than any provider repeats one. */
const keptSeconds = 30 * 24 * 3600;

export function forgetFacts({ clock, facts }: { clock: Clock; facts: UnmatchedFacts }): Promise<number> {
  return forgetBefore(facts, secondsAfter(clock.now(), -keptSeconds));
}
