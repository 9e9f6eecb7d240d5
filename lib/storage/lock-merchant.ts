import type { OpenTransaction } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";

/**
 * Locks the merchant's row, so that concurrent transactions that count rows before they write cannot exceed a limit.
 */
export async function lockMerchant(trx: OpenTransaction, userId: string): Promise<void> {
  await ofMerchant(trx, userId).selectFrom("users").select("id").forUpdate().execute();
}
