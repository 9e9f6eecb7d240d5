import type { Refund, StoredRefund } from "../../domain/refund.ts";
import { type Database, repeating } from "../database.ts";
import { acrossMerchants } from "../of-merchant.ts";
import { refundRow } from "./refund-rows.ts";

/** Makes the next poll due at once, final or not. */
export async function makeRefundDue(db: Database, refund: Refund, now: Date): Promise<void> {
  await refundRow(db, refund)
    .set({ next_poll_at: now })
    .where((eb) => eb.or([eb("next_poll_at", "is", null), eb("next_poll_at", ">", now)]))
    .execute();
}

/** Allows one poll of a final refund for the due time that was read; the next one is due at `next`. */
export async function claimRefundPoll(
  db: Database,
  { refund, nextPollAt }: StoredRefund,
  next: Date | null,
): Promise<boolean> {
  const claim = refundRow(db, refund)
    .set({ next_poll_at: next })
    .where("next_poll_at", "=", nextPollAt)
    .where("status", "in", ["success", "failed"]);
  const claimed = await repeating(() => claim.executeTakeFirstOrThrow());
  return claimed.numUpdatedRows === 1n;
}

/** Ends the poll of a final refund that was due at `claimed`; a poll that became due meanwhile stays. */
export async function endRefundPolls(db: Database, refund: Refund, claimed: Date | null): Promise<void> {
  const end = refundRow(db, refund).set({ next_poll_at: null }).where("next_poll_at", "=", claimed);
  await repeating(() => end.execute());
}

/** Oldest first; across merchants, because the sweeper works for all of them. */
export async function refundsDueForPoll(db: Database, now: Date, limit: number) {
  const rows = await acrossMerchants(db)
    .selectFrom("refunds")
    .select(["id", "user_id"])
    .where("next_poll_at", "<=", now)
    .orderBy("next_poll_at")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ refundId: row.id, userId: row.user_id }));
}
