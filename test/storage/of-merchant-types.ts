import type { Database, OpenTransaction } from "../../lib/storage/database.ts";
import { ofMerchant, type Rows } from "../../lib/storage/of-merchant.ts";

/** Statements that must not compile: `@ts-expect-error` reports one that does. Never run. */
export function refused(db: Database, trx: OpenTransaction, rows: Rows): void {
  // A statement on a merchant's rows that names no merchant.
  for (const unscoped of [db, trx] as const) {
    // @ts-expect-error
    unscoped.selectFrom("payment_orders");
    // @ts-expect-error
    unscoped.selectFrom("payment_orders as o");
    // @ts-expect-error
    unscoped.selectFrom(["refunds", "api_keys"]);
    // @ts-expect-error
    unscoped.selectFrom((eb) => eb.selectFrom("payment_configs").selectAll().as("c"));
    // @ts-expect-error
    unscoped.updateTable("users");
    // @ts-expect-error
    unscoped.insertInto("payment_logs");
    // @ts-expect-error
    unscoped.deleteFrom("deliveries");
    // @ts-expect-error
    unscoped.with("r", (all) => all.selectFrom("refunds").selectAll());
  }
  // @ts-expect-error
  db.updateTable("payment_orders");
  // @ts-expect-error
  trx.updateTable("payment_orders");
  // @ts-expect-error
  ofMerchant(db);
  // @ts-expect-error
  ofMerchant(trx, undefined);

  // A table or column that does not exist.
  // @ts-expect-error
  rows.selectFrom("payment_order");
  // @ts-expect-error
  rows.selectFrom("payment_orders as o").select("o.order_number");

  // A statement may neither set nor change the merchant of a row.
  const log = { order_id: "1", at: new Date(0), kind: "", title: "", data: "" };
  rows.insertInto("payment_logs").values(log);
  // @ts-expect-error
  rows.insertInto("payment_logs").values({ ...log, user_id: "1" });
  // @ts-expect-error
  rows.updateTable("payment_logs").set({ user_id: "1" });
  // @ts-expect-error
  rows.replaceInto("payment_logs");
}
