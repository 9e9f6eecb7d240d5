import { sql } from "kysely";
import type { StoredConfig } from "../domain/config.ts";
import { type Database, transact } from "./database.ts";
import { ofMerchant, type Rows } from "./of-merchant.ts";
import { noCredentials, states } from "./payment-configs.ts";

/** How many orders and refunds still need the credentials of a config. */
export type StillNeeded = { openOrders: number; openRefunds: number; youngPayments: number };

/** `paidAfter`: a payment from then on may still be refunded or disputed. */
export async function stillNeeds(db: Database, config: StoredConfig, paidAfter: Date): Promise<StillNeeded> {
  const rows = ofMerchant(db, config.userId);
  const ids = await servedBy(rows, config);
  const count = sql<number>`COUNT(*)`.as("count");
  const orders = rows.selectFrom("payment_orders").select(count).where("config_id", "in", ids);
  const open = await orders.where("status", "in", ["processing", "pending"]).executeTakeFirstOrThrow();
  const young = await orders
    .where("status", "=", "success")
    .where("paid_at", ">", paidAfter)
    .executeTakeFirstOrThrow();
  const refunds = await rows
    .selectFrom("refunds as r")
    .innerJoin("payment_orders as o", "o.id", "r.order_id")
    .select(count)
    .where("o.config_id", "in", ids)
    .where("r.status", "in", ["processing", "unknown"])
    .executeTakeFirstOrThrow();
  return {
    openOrders: Number(open.count),
    openRefunds: Number(refunds.count),
    youngPayments: Number(young.count),
  };
}

/**
 * The config itself and, if no other config of its account has credentials, the retired ones, whose orders it serves.
 */
async function servedBy(rows: Rows, { id, provider, account, livemode }: StoredConfig): Promise<string[]> {
  const others = await rows
    .selectFrom("payment_configs")
    .select(["id", "status"])
    .where("provider", "=", provider)
    .where("account", "=", account)
    .where("livemode", "=", livemode ? 1 : 0)
    .where("id", "<>", id)
    .execute();
  const isAlone = others.every(({ status }) => status === states.retired);
  return [id, ...(isAlone ? others.map((other) => other.id) : [])];
}

/**
 * Deletes the credentials of a disabled or replaced config. `false`: it has another state, or has changed since it was
 * read.
 */
export async function retireConfig(
  db: Database,
  { userId, id, version }: StoredConfig,
  note: string | null,
  now: Date,
): Promise<boolean> {
  return await transact(db, async (trx) => {
    const retired = await ofMerchant(trx, userId)
      .updateTable("payment_configs")
      .set((eb) => ({
        status: states.retired,
        config_data: noCredentials,
        version: eb("version", "+", 1),
        note,
        updated_at: now,
      }))
      .where("id", "=", id)
      .where("version", "=", version)
      // mutation: retire-state
      .where("status", "in", [states.disabled, states.replaced])
      .executeTakeFirstOrThrow();
    return retired.numUpdatedRows === 1n;
  });
}
