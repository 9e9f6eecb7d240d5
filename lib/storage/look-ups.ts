import { secondsAfter } from "../clock.ts";
import type { Account } from "../payment/config-ports.ts";
import type { Payment } from "../payment/payment.ts";
import { type Database, repeating } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import { ofAccount, rowOf } from "./payment-rows.ts";

/** Whoever asks, once within the gap. */
export async function claimLookUp(
  db: Database,
  payment: Payment,
  now: Date,
  gapMs: number,
): Promise<boolean> {
  const claimed = await rowOf(db, payment)
    .set((eb) => ({ looked_up_at: now, look_ups: eb("look_ups", "+", 1) }))
    .where((eb) =>
      eb.or([eb("looked_up_at", "is", null), eb("looked_up_at", "<=", new Date(now.getTime() - gapMs))]),
    )
    .executeTakeFirstOrThrow();
  return claimed.numUpdatedRows === 1n;
}

/**
 * For the due time that was read. By its index the server may lock the row in another order than a transaction that
 * changes the time, so that one of them must begin again. Who repeats after a lost answer has not claimed: the look-up
 * comes at its next time.
 */
export async function claimRecheck(
  db: Database,
  payment: Payment,
  nextQueryAt: Date | null,
  now: Date,
): Promise<boolean> {
  const claim = rowOf(db, payment)
    .set((eb) => ({ next_query_at: nextQueryAt, looked_up_at: now, look_ups: eb("look_ups", "+", 1) }))
    // mutation: look-up-claimed-once
    .where("next_query_at", "=", payment.nextQueryAt);
  const claimed = await /* mutation: look-up-deadlock */ repeating(() => claim.executeTakeFirstOrThrow());
  return claimed.numUpdatedRows === 1n;
}

/** A look-up that became due since `claimed` stays. */
export async function endRechecks(
  db: Database,
  payment: Payment,
  claimed: Date | null,
  last: Date | null,
): Promise<void> {
  const end = rowOf(db, payment).set({ next_query_at: last }).where("next_query_at", "=", claimed);
  await repeating(() => end.execute());
}

/** Written only where it changes something: most polls follow one of the same kind. */
export async function noteAnswer(
  db: Database,
  payment: Payment,
  answered: boolean,
  now: Date,
): Promise<void> {
  if (answered === (payment.unansweredSince === null)) return;
  const note = rowOf(db, payment)
    .set({ unanswered_since: answered ? null : now })
    .where("unanswered_since", answered ? "is not" : "is", null);
  await repeating(() => note.execute());
}

/** So long a process may go on with the credentials that it has read, and what was given up long ago is asked about once. */
const credentialsSettledSeconds = 60;

export async function pollAgain(
  db: Database,
  userId: string,
  provider: string,
  { now, ...account }: Account & { now: Date },
): Promise<number> {
  const due = secondsAfter(now, credentialsSettledSeconds);
  const rows = ofMerchant(db, userId);
  const again = await rows
    .updateTable("payment_orders")
    .set({ next_query_at: due, unanswered_since: null })
    .where("provider", "=", provider)
    .where(ofAccount(account))
    .where("status", "in", ["processing", "pending"])
    .where("next_query_at", "is", null)
    .executeTakeFirstOrThrow();
  const refunds = await rows
    .updateTable("refunds")
    .set({ next_query_at: due })
    .where("status", "in", ["processing", "unknown"])
    .where("next_query_at", "is", null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("payment_orders as o")
          .select("o.id")
          .whereRef("o.id", "=", "refunds.order_id")
          .where("o.provider", "=", provider)
          .where(ofAccount(account)),
      ),
    )
    .executeTakeFirstOrThrow();
  return Number(again.numUpdatedRows) + Number(refunds.numUpdatedRows);
}

export async function makeDue(db: Database, payment: Payment, now: Date, gapMs: number): Promise<boolean> {
  const made = await rowOf(db, payment)
    .set({ next_query_at: now })
    .where((eb) => eb.or([eb("next_query_at", "is", null), eb("next_query_at", ">", now)]))
    // Without a gap nothing is compared: the clock that wrote the last look's time may be ahead of ours.
    .$if(gapMs > 0, (query) =>
      query.where((eb) =>
        eb.or([eb("looked_up_at", "is", null), eb("looked_up_at", "<=", new Date(now.getTime() - gapMs))]),
      ),
    )
    .executeTakeFirstOrThrow();
  return made.numUpdatedRows === 1n;
}

/** Oldest first; across merchants, because a sweeper works for all. */
export async function dueForRecheck(db: Database, now: Date, limit: number) {
  const rows = await acrossMerchants(db)
    .selectFrom("payment_orders")
    .select(["order_no", "user_id"])
    .where("next_query_at", "<=", now)
    .orderBy("next_query_at")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ orderNo: row.order_no, userId: row.user_id }));
}
