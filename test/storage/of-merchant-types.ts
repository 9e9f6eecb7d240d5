import type { Database, OpenTransaction } from "../../lib/storage/database.ts";
import { ofMerchant, type Rows } from "../../lib/storage/of-merchant.ts";

/** Never run: what does not compile. A line of these that compiles one day is what does not. */
export function refused(db: Database, trx: OpenTransaction, rows: Rows): void {
  // A statement on a merchant's rows that names no merchant.
  for (const nobodys of [db, trx] as const) {
    // @ts-expect-error
    nobodys.selectFrom("payment_orders");
    // @ts-expect-error
    nobodys.selectFrom("payment_orders as o");
    // @ts-expect-error
    nobodys.selectFrom(["refunds", "api_keys"]);
    // @ts-expect-error
    nobodys.selectFrom((eb) => eb.selectFrom("payment_configs").selectAll().as("c"));
    // @ts-expect-error
    nobodys.updateTable("users");
    // @ts-expect-error
    nobodys.insertInto("payment_logs");
    // @ts-expect-error
    nobodys.deleteFrom("notify_queue");
    // @ts-expect-error
    nobodys.with("r", (all) => all.selectFrom("refunds").selectAll());
  }
  // @ts-expect-error
  db.updateTable("payment_orders");
  // @ts-expect-error
  trx.updateTable("payment_orders");
  // @ts-expect-error
  ofMerchant(db);
  // @ts-expect-error
  ofMerchant(trx, undefined);

  // A table or column that there is not.
  // @ts-expect-error
  rows.selectFrom("payment_order");
  // @ts-expect-error
  rows.selectFrom("payment_orders as o").select("o.order_number");

  // Whose a row is, is not the statement's to say, nor to change.
  const log = { order_id: "1", at: new Date(0), kind: "", title: "", data: "" };
  rows.insertInto("payment_logs").values(log);
  // @ts-expect-error
  rows.insertInto("payment_logs").values({ ...log, user_id: "1" });
  // @ts-expect-error
  rows.updateTable("payment_logs").set({ user_id: "1" });
  // @ts-expect-error
  rows.replaceInto("payment_logs");
}
