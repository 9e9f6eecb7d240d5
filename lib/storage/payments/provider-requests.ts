import { sql } from "kysely";
import { paymentNotification } from "../../domain/notification.ts";
import type { Payment } from "../../domain/payment.ts";
import { isUnmade } from "../../domain/payment-state.ts";
import type { Leased, Link } from "../../domain/provider-request.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import type { ProviderError } from "../../errors.ts";
import { endStuck } from "../anomalies.ts";
import { type Database, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { addLog, addNotification } from "../timeline.ts";
import { providerRequestOf, readPayment, rowOf } from "./payment-rows.ts";

/**
 * Takes over a provider request whose outcome is not stored and whose lease has expired. `null`: another caller was
 * faster, or the payment has ended, so that nothing may be created for it any more. Like `closeOrFail`, it locks the
 * order's row first: if each judged the other's table by a snapshot, both could proceed, and a closed payment would be
 * created at the provider.
 */
export function takeCreateLease(
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
      // mutation: create-lease-ended
      .where("state", "not in", ["failed", "closed"])
      // mutation: create-lease-order-lock
      .forUpdate()
      .executeTakeFirst();
    if (!open) return null;
    const row = await rows
      .selectFrom("provider_requests")
      .select(["id", "idempotency_key", "prepared", "done", "lease_token", "lease_until", "unclear_since"])
      .where("order_id", "=", payment.id)
      // mutation: create-lease-done
      .where("done", "=", 0)
      // mutation: create-lease-expired
      .where((eb) => eb.or([eb("lease_until", "<=", lease.now), eb("lease_token", "=", lease.leaseToken)]))
      .forUpdate()
      .executeTakeFirst();
    if (!row) return null;
    await rows
      .updateTable("provider_requests")
      .set({
        lease_token: lease.leaseToken,
        lease_until: lease.leaseUntil,
        /* mutation: create-lease-unclear */ unclear_since: lease.now,
      })
      .where("id", "=", row.id)
      .execute();
    await rowOf(trx, payment)
      .set({ state: "requested" })
      .where("state", "in", ["created", "requested_unknown"])
      .execute();
    const state = isUnmade(payment.state) ? "requested" : payment.state;
    return {
      payment: { ...payment, state },
      providerRequest: providerRequestOf(row),
      leaseToken: lease.leaseToken,
    };
  });
}

/**
 * Stores what the buyer needs to pay in any case; moves the payment to `payable` only if nothing faster (a webhook) has
 * moved it. `null`: the lease was lost, so another caller stores the outcome.
 */
export function recordCreated(
  db: Database,
  leased: Leased,
  { payable, until, version: payableVersion }: Link,
  now: Date,
): Promise<Payment | null> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    // mutation: create-result-lease
    if (!(await finishRequest(trx, leased, now))) return null;
    const made = {
      payable: JSON.stringify(payable),
      payable_until: until,
      payable_version: payableVersion,
      // A webhook may have been faster and stored the object that was paid.
      payment_id: sql<string>`COALESCE(payment_id, ${payable.paymentId})`,
      updated_at: now,
    };
    const moved = await rowOf(trx, payment)
      .set((eb) => ({ ...made, state: "payable", version: eb("version", "+", 1) }))
      // mutation: pending-from-processing
      .where("state", "=", "requested")
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
    const pending = {
      state: "payable",
      status: "pending",
      version: payment.version + 1,
      updatedAt: now,
    } as const;
    return { ...payment, ...link, objectId, ...pending };
  });
}

/**
 * Ends a payment whose create was refused by the provider. `notify`: false if a caller receives the refusal in its
 * response. `null`: the refusal is not this payment's outcome, because the lease was lost or the payment has changed; a
 * later caller may then try again.
 */
export function recordRefused(
  db: Database,
  leased: Leased,
  error: ProviderError,
  { now, notify = false }: { now: Date; notify?: boolean },
): Promise<{ notification: WakeUp | null } | null> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    if (!(await finishRequest(trx, leased, now))) return null;
    const moved = await rowOf(trx, payment)
      .set((eb) => ({
        state: "failed",
        version: eb("version", "+", 1),
        refusal: JSON.stringify(error),
        closed_at: now,
        updated_at: now,
        next_poll_at: null,
      }))
      // mutation: refuse-from-processing
      .where("state", "=", "requested")
      // mutation: refuse-version
      .where("version", "=", payment.version)
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) {
      // An earlier COMMIT of this refusal may have succeeded while its response was lost: only the lease holder
      // refuses.
      // mutation: refuse-repeated-commit
      if ((await readPayment(trx, payment)).refusal !== null) return { notification: null };
      // mutation: refuse-lease-ended
      await providerRequestRow(trx, leased).set({ done: 0, lease_until: now }).execute();
      return null;
    }
    const data = { from: "processing", to: "failed", provider_error: error };
    await addLog(trx, payment, { at: now, kind: "status", title: "refused by the provider", data });
    await endStuck(trx, payment, { to: "failed", now });
    if (!notify) return { notification: null };
    const current = await readPayment(trx, payment);
    const toSend = paymentNotification(current, "payment.failed", now);
    return { notification: await addNotification(trx, current, toSend, now) };
  });
}

/**
 * Ends the lease now; the next poll is due at `nextPollAt`. `newKey`: this call is known to have created nothing, and
 * no earlier call under its key may have created something; the next call sends the same bytes under the new key.
 */
export function releaseCreateLease(
  db: Database,
  leased: Leased,
  {
    why,
    now,
    nextPollAt,
    newKey,
  }: { why: string; now: Date; nextPollAt: Date | null; newKey?: string | undefined },
): Promise<void> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    const key = newKey && { idempotency_key: newKey, unclear_since: null };
    const freed = await providerRequestRow(trx, leased)
      .set({ lease_until: now, ...key })
      .executeTakeFirstOrThrow();
    // mutation: create-release-own
    if (freed.numUpdatedRows === 0n) return;
    await rowOf(trx, payment)
      .set({ state: newKey ? "created" : "requested_unknown", next_poll_at: nextPollAt })
      // mutation: create-release-processing
      .where("state", "=", "requested")
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
 * Only the holder of the lease may store an outcome, and the lease ends with it. A repeat after a COMMIT with an
 * unknown outcome still holds the lease token.
 */
async function finishRequest(trx: OpenTransaction, leased: Leased, now: Date): Promise<boolean> {
  const finished = await providerRequestRow(trx, leased)
    .set({ done: 1, lease_until: now })
    .executeTakeFirstOrThrow();
  return finished.numUpdatedRows === 1n;
}

/** An UPDATE of the provider request's row that matches only while the caller's lease token is stored. */
export const providerRequestRow = (trx: Database, { payment, leaseToken }: Leased) =>
  ofMerchant(trx, payment.userId)
    .updateTable("provider_requests")
    .where("order_id", "=", payment.id)
    // mutation: create-request-own
    .where("lease_token", "=", leaseToken);
