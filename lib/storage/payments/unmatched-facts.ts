import { createHash } from "node:crypto";
import type { Payment } from "../../domain/payment.ts";
import type { Fact, UnmatchedFact } from "../../domain/unmatched-fact.ts";
import { type Database, isDuplicate } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import { joinedOrderColumns } from "./order-columns.ts";
import { paymentOf } from "./payment-rows.ts";

/** Limit per config: an account with many payments that are not ours must not fill the table. */
export const mostCached = 1_000;

/** A stored fact with the payment that it is about. */
export type MatchedFact = { id: string; payment: Payment; fact: Fact };

/**
 * Facts whose payment is settled: a settle that ran while they arrived has not applied them. Across merchants, because
 * the sweeper works for all of them. The join gives each fact an order of its own merchant.
 */
export async function matchedFacts(db: Database, limit: number): Promise<MatchedFact[]> {
  const rows = await acrossMerchants(db)
    .selectFrom("unmatched_facts as f")
    .innerJoin("payment_orders as o", (join) =>
      join
        .onRef("o.provider", "=", "f.provider")
        .onRef("o.provider_account", "=", "f.provider_account")
        .onRef("o.trade_no", "=", "f.trade_no")
        .onRef("o.user_id", "=", "f.user_id")
        .onRef("o.livemode", "=", "f.livemode"),
    )
    .select(joinedOrderColumns)
    .select(["f.id as fact_id", "f.fact"])
    .where("o.status", "=", "success")
    .orderBy("f.id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ id: row.fact_id, payment: paymentOf(row), fact: readFact(row.fact) }));
}

export async function removeFact(db: Database, userId: string, id: string): Promise<void> {
  await ofMerchant(db, userId).deleteFrom("unmatched_facts").where("id", "=", id).execute();
}

export const readFact = (text: string): Fact => JSON.parse(text) as Fact;

/** Stores a fact once, only the newest of each config: an account may have many payments that are not ours. */
export async function keepFact(
  db: Database,
  { userId, configId, ...unmatched }: UnmatchedFact,
): Promise<void> {
  const rows = ofMerchant(db, userId);
  const fact = JSON.stringify(unmatched.fact);
  const identity = [userId, unmatched.provider, unmatched.account, String(unmatched.livemode), fact].join(
    "\n",
  );
  try {
    await rows
      .insertInto("unmatched_facts")
      .values({
        config_id: configId,
        provider: unmatched.provider,
        provider_account: unmatched.account,
        livemode: unmatched.livemode ? 1 : 0,
        trade_no: unmatched.fact.tradeNo,
        fact,
        fingerprint: createHash("sha256").update(identity).digest("hex"),
        received_at: unmatched.at,
      })
      .execute();
  } catch (error) {
    if (!isDuplicate(error, "kept_fact")) throw error;
    return;
  }
  const beyond = await rows
    .selectFrom("unmatched_facts")
    .select("id")
    .where("config_id", "=", configId)
    .orderBy("id", "desc")
    .limit(1)
    .offset(mostCached)
    .executeTakeFirst();
  // mutation: facts-most-stored
  if (beyond)
    await rows
      .deleteFrom("unmatched_facts")
      .where("config_id", "=", configId)
      .where("id", "<=", beyond.id)
      .execute();
}
