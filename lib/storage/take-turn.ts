import type { OpenTransaction } from "./database.ts";

/** Changes that count a merchant's rows first take turns: of several at once each would find the same last place free. */
export async function takeTurn(trx: OpenTransaction, userId: string): Promise<void> {
  await trx.selectFrom("users").select("id").where("id", "=", userId).forUpdate().execute();
}
