import type { Gateway } from "../gateway.ts";
import { matchedFacts, removeFact } from "../storage/payments/unmatched-facts.ts";
import { applyEvents } from "./apply-events.ts";

const perSweep = 200;

/** Applies stored facts whose payment is settled now. Applying a fact twice changes nothing. */
export async function matchFacts(gateway: Gateway): Promise<number> {
  const matched = await matchedFacts(gateway.db, perSweep);
  for (const { id, payment, fact } of matched) {
    const { userId, configId, provider, providerAccount: account, livemode } = payment;
    const origin = { userId, configId, provider, account, livemode, source: "webhook" as const };
    await applyEvents(gateway, payment, [fact], origin);
    await removeFact(gateway.db, userId, id);
  }
  return matched.length;
}
