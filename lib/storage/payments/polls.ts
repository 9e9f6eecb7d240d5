import { secondsAfter } from "../../clock.ts";
import type { Account } from "../../domain/config.ts";
import type { Payment } from "../../domain/payment.ts";
import { type Database, repeating } from "../database.ts";
import { acrossMerchants, ofMerchant } from "../of-merchant.ts";
import { ofAccount, rowOf } from "./payment-rows.ts";

/** Lets one caller poll the payment within `gapMs`. */
export async function claimRefresh(
  db: Database,
  payment: Payment,
  now: Date,
  gapMs: number,
): Promise<boolean> {
  const claimed = await rowOf(db, payment)
    .set((eb) => ({ polled_at: now, poll_count: eb("poll_count", "+", 1) }))
    .where((eb) =>
      eb.or([eb("polled_at", "is", null), eb("polled_at", "<=", new Date(now.getTime() - gapMs))]),
    )
    .executeTakeFirstOrThrow();
  return claimed.numUpdatedRows === 1n;
}

/**
 * Lets one caller poll for the due time that was read. The server may lock the row and its index entry in another order
 * than a transaction that changes the time; the deadlock is repeated. If the response was lost, the repeat claims
 * nothing, and the next scheduled poll covers it.
 */
export async function claimPoll(
  db: Database,
  payment: Payment,
  nextPollAt: Date | null,
  now: Date,
): Promise<boolean> {
  const claim = rowOf(db, payment)
    .set((eb) => ({ next_poll_at: nextPollAt, polled_at: now, poll_count: eb("poll_count", "+", 1) }))
    // mutation: poll-claimed-once
    .where("next_poll_at", "=", payment.nextPollAt);
  const claimed = await /* mutation: poll-deadlock */ repeating(() => claim.executeTakeFirstOrThrow());
  return claimed.numUpdatedRows === 1n;
}

/** Sets the next poll to `last` (`null`: none), unless another poll became due since `claimed`. */
export async function endPolls(
  db: Database,
  payment: Payment,
  claimed: Date | null,
  last: Date | null,
): Promise<void> {
  const end = rowOf(db, payment).set({ next_poll_at: last }).where("next_poll_at", "=", claimed);
  await repeating(() => end.execute());
}

/** Writes only on a change: most polls have the same result as the one before. */
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

/**
 * How long a process may use the credentials that it has read. A payment that was given up gets only one more poll, so
 * that poll must not come earlier.
 */
const credentialsSettledSeconds = 60;

/**
 * Makes open payments and refunds of an account due again whose polls ended because it did not respond: there are new
 * credentials. Due in a minute, when every process has read them.
 */
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
    .set({ next_poll_at: due, unanswered_since: null })
    .where("provider", "=", provider)
    .where(ofAccount(account))
    .where("status", "in", ["processing", "pending"])
    .where("next_poll_at", "is", null)
    .executeTakeFirstOrThrow();
  const refunds = await rows
    .updateTable("refunds")
    .set({ next_poll_at: due })
    .where("status", "in", ["processing", "unknown"])
    .where("next_poll_at", "is", null)
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

/** Makes the next poll due at once, unless one was made within `gapMs`. */
export async function makePaymentDue(
  db: Database,
  payment: Payment,
  now: Date,
  gapMs: number,
): Promise<boolean> {
  const made = await rowOf(db, payment)
    .set({ next_poll_at: now })
    .where((eb) => eb.or([eb("next_poll_at", "is", null), eb("next_poll_at", ">", now)]))
    // No comparison without a gap: the clock that wrote `polled_at` may be ahead of ours.
    .$if(gapMs > 0, (query) =>
      query.where((eb) =>
        eb.or([eb("polled_at", "is", null), eb("polled_at", "<=", new Date(now.getTime() - gapMs))]),
      ),
    )
    .executeTakeFirstOrThrow();
  return made.numUpdatedRows === 1n;
}

/** Oldest first; across merchants, because the sweeper works for all of them. */
export async function paymentsDueForPoll(db: Database, now: Date, limit: number) {
  const rows = await acrossMerchants(db)
    .selectFrom("payment_orders")
    .select(["order_no", "user_id"])
    .where("next_poll_at", "<=", now)
    .orderBy("next_poll_at")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ orderNo: row.order_no, userId: row.user_id }));
}
