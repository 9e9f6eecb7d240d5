import { sql } from "kysely";
import type { ProviderError } from "../errors.ts";
import { paymentNotification } from "../notify/event.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint, Leased, Link } from "../payment/ports.ts";
import { endStuck } from "./anomalies.ts";
import { type Database, type OpenTransaction, transact } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";
import { attemptOf, readPayment, rowOf } from "./payment-rows.ts";
import { addLog, addNotification } from "./timeline.ts";

/**
 * Takes over an attempt whose outcome is not stored and whose lease is over. `null`: somebody else was faster, or the
 * payment has ended, so that nothing may be made for it any more. The order's row is locked first, as `conclude` does:
 * judging each other's table by a snapshot, both could go on, and a closed payment would be made at the provider.
 */
export function takeOver(
  db: Database,
  payment: Payment,
  lease: { leaseToken: string; leaseUntil: Date; now: Date },
): Promise<Leased | null> {
  return transact(db, async (trx) => {
    const rows = ofMerchant(trx, payment.userId);
    const open = await rows
      .selectFrom("payment_orders")
      .select("id")
      .where("id", "=", payment.id)
      // mutation: create-takeover-ended
      .where("status", "not in", ["failed", "closed"])
      // mutation: create-takeover-order-lock
      .forUpdate()
      .executeTakeFirst();
    if (!open) return null;
    const row = await rows
      .selectFrom("payment_attempts")
      .select(["id", "idempotency_key", "prepared", "done", "lease_token", "lease_until", "unclear_since"])
      .where("order_id", "=", payment.id)
      // mutation: create-takeover-done
      .where("done", "=", 0)
      // mutation: create-takeover-lease
      .where((eb) => eb.or([eb("lease_until", "<=", lease.now), eb("lease_token", "=", lease.leaseToken)]))
      .forUpdate()
      .executeTakeFirst();
    if (!row) return null;
    await rows
      .updateTable("payment_attempts")
      .set({
        lease_token: lease.leaseToken,
        lease_until: lease.leaseUntil,
        /* mutation: create-takeover-unclear */ unclear_since: lease.now,
      })
      .where("id", "=", row.id)
      .execute();
    return { payment, attempt: attemptOf(row), leaseToken: lease.leaseToken };
  });
}

/**
 * T2: what the buyer needs to pay is kept in any case; the status moves to `pending` only where nothing faster (a
 * webhook) has moved it. `null`: the lease was lost, so the outcome belongs to somebody else.
 */
export function storePayable(
  db: Database,
  leased: Leased,
  { payable, until, version: payableVersion }: Link,
  now: Date,
): Promise<Payment | null> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    // mutation: create-result-lease
    if (!(await finishAttempt(trx, leased, now))) return null;
    const made = {
      payable: JSON.stringify(payable),
      payable_until: until,
      payable_version: payableVersion,
      // A webhook may have been faster, and told which object was paid.
      payment_id: sql<string>`COALESCE(payment_id, ${payable.paymentId})`,
      updated_at: now,
    };
    const moved = await rowOf(trx, payment)
      .set((eb) => ({ ...made, status: "pending", version: eb("version", "+", 1) }))
      // mutation: pending-from-processing
      .where("status", "=", "processing")
      // mutation: pending-version
      .where("version", "=", payment.version)
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) {
      // mutation: payable-link-stored
      await rowOf(trx, payment).set(made).execute();
      return await readPayment(trx, payment);
    }
    await addLog(trx, payment, {
      at: now,
      kind: "status",
      title: "can be paid",
      data: { from: "processing", to: "pending" },
    });
    const link = { payable, payableUntil: until, payableVersion };
    const objectId = payment.objectId ?? payable.paymentId;
    const pending = { status: "pending" as const, version: payment.version + 1, updatedAt: now };
    return { ...payment, ...link, objectId, ...pending };
  });
}

/**
 * T4 for a refusal of the create; `notify` unless a caller is being answered with it. `null`: it is not this payment's
 * outcome, because the lease was lost or the payment has moved on; then whoever comes next may try again.
 */
export function refuse(
  db: Database,
  leased: Leased,
  error: ProviderError,
  { now, notify }: { now: Date; notify: boolean },
): Promise<{ notification: Hint | null } | null> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    if (!(await finishAttempt(trx, leased, now))) return null;
    const moved = await rowOf(trx, payment)
      .set((eb) => ({
        status: "failed",
        version: eb("version", "+", 1),
        refusal: JSON.stringify(error),
        closed_at: now,
        updated_at: now,
        next_query_at: null,
      }))
      // mutation: refuse-from-processing
      .where("status", "=", "processing")
      // mutation: refuse-version
      .where("version", "=", payment.version)
      // mutation: refuse-provider-started
      .where("provider_started", "=", 0)
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) {
      // Ours all the same where an earlier COMMIT was answered by a lost connection: who holds the lease refuses.
      // mutation: refuse-repeated-commit
      if ((await readPayment(trx, payment)).refusal !== null) return { notification: null };
      // mutation: refuse-lease-ended
      await attemptRow(trx, leased).set({ done: 0, lease_until: now }).execute();
      return null;
    }
    const data = { from: "processing", to: "failed", provider_error: error };
    await addLog(trx, payment, { at: now, kind: "status", title: "refused by the provider", data });
    await endStuck(trx, payment, { to: "failed", now });
    if (!notify) return { notification: null };
    const current = await readPayment(trx, payment);
    const told = paymentNotification(current, "payment.failed", now);
    return { notification: await addNotification(trx, current, told, now) };
  });
}

/**
 * The lease ends now, and the next look-up is due at `nextQueryAt`. `newKey`: this call is known to have made nothing, and
 * no earlier one under its key may have made something; the next one goes out under the new key, with the same bytes.
 */
export function release(
  db: Database,
  leased: Leased,
  { why, now, nextQueryAt, newKey }: { why: string; now: Date; nextQueryAt: Date | null; newKey?: string },
): Promise<void> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    const key = newKey && { idempotency_key: newKey, unclear_since: null };
    const freed = await attemptRow(trx, leased)
      .set({ lease_until: now, ...key })
      .executeTakeFirstOrThrow();
    // mutation: create-release-own
    if (freed.numUpdatedRows === 0n) return;
    await rowOf(trx, payment)
      .set({ next_query_at: nextQueryAt })
      // mutation: create-release-processing
      .where("status", "=", "processing")
      .execute();
    await addLog(trx, payment, {
      at: now,
      kind: "provider_call",
      title: newKey ? "creating: refused, nothing was made" : "creating: outcome unknown",
      data: { why },
    });
  });
}

/**
 * Only the holder of the lease may store an outcome, and its lease ends with it. A repeat after an unknown COMMIT still
 * holds the token.
 */
async function finishAttempt(trx: OpenTransaction, leased: Leased, now: Date): Promise<boolean> {
  const finished = await attemptRow(trx, leased).set({ done: 1, lease_until: now }).executeTakeFirstOrThrow();
  return finished.numUpdatedRows === 1n;
}

/** The attempt's row, for as long as the lease is ours. */
export const attemptRow = (trx: Database, { payment, leaseToken }: Leased) =>
  ofMerchant(trx, payment.userId)
    .updateTable("payment_attempts")
    .where("order_id", "=", payment.id)
    // mutation: create-attempt-own
    .where("lease_token", "=", leaseToken);
