import { createHash } from "node:crypto";
import type { Fact, UnmatchedFact, UnmatchedFacts } from "../payments/unmatched-facts.ts";
import { type Database, isDuplicate, repeating } from "./database.ts";
import { deleteOldest } from "./delete-oldest.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import { orderColumns, paymentOf } from "./payment-rows.ts";

/** Limit per config: an account with many payments that are not ours must not fill the table. */
export const mostCached = 1_000;

export function factsIn(db: Database): UnmatchedFacts {
  return {
    keep: (fact) => keep(db, fact),
    async matched(limit) {
      // Across merchants: the sweeper works for all of them. The join gives each fact an order of its own merchant.
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
        .select(orderColumns.map((column) => `o.${column}` as const))
        .select(["f.id as fact_id", "f.fact"])
        .where("o.status", "=", "success")
        .orderBy("f.id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ id: row.fact_id, payment: paymentOf(row), fact: readFact(row.fact) }));
    },
    async remove(userId, id) {
      await ofMerchant(db, userId).deleteFrom("unmatched_facts").where("id", "=", id).execute();
    },
    purge: (time, limit) => repeating(() => deleteOldest(db, "unmatched_facts", "received_at", time, limit)),
  };
}

export const readFact = (text: string): Fact => JSON.parse(text) as Fact;

async function keep(db: Database, { userId, configId, ...unmatched }: UnmatchedFact): Promise<void> {
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
