import type { OpenTransaction } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";

/** Changes that count a merchant's rows first take turns: of several at once each would find the same last place free. */
export async function takeTurn(trx: OpenTransaction, userId: string): Promise<void> {
  await ofMerchant(trx, userId).selectFrom("users").select("id").forUpdate().execute();
}
