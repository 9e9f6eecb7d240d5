import { sql } from "kysely";
import type { ProviderError } from "../errors.ts";
import type { Payment } from "../payment/payment.ts";
import type { Leased, Link, NewOrder } from "../payment/ports.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";
import { attemptOf, readPayment, rowOf } from "./payment-rows.ts";
import { addLog } from "./timeline.ts";

/**
 * T1: the order and its attempt, leased to the caller. `null`: the merchant has used this `out_trade_no` before.
 * A repeat after an unknown COMMIT recognises itself by its lease token.
 */
export async function createOrder(db: Database, order: NewOrder): Promise<Leased | null> {
  let orderId: string;
  try {
    orderId = await transact(db, (trx) => insertOrder(trx, order));
  } catch (error) {
    if (
      /* mutation: create-duplicate-number */ !isDuplicate(error, "user_order") &&
      !isDuplicate(error, "order_no")
    )
      throw error;
    const mine = await ofMerchant(db, order.userId)
      .selectFrom("payment_orders as o")
      .innerJoin("payment_attempts as a", "a.order_id", "o.id")
      .select("a.order_id")
      .where("o.out_trade_no", "=", order.outTradeNo)
      // mutation: create-order-own
      .where("a.lease_token", "=", order.leaseToken)
      .executeTakeFirst();
    // mutation: create-repeated-commit
    if (!mine) return null;
    orderId = mine.order_id;
  }
  const {
    request: _request,
    fingerprint: _fingerprint,
    prepared,
    idempotencyKey,
    leaseToken,
    leaseUntil,
    ...rest
  } = order;
  const payment: Payment = { ...rest, id: orderId, status: "processing", version: 1 };
  return { payment, attempt: { id: "", idempotencyKey, prepared, done: false, leaseUntil }, leaseToken };
}

async function insertOrder(trx: OpenTransaction, order: NewOrder): Promise<string> {
  const rows = ofMerchant(trx, order.userId);
  const { insertId } = await rows
    .insertInto("payment_orders")
    .values({
      order_no: order.orderNo,
      config_id: order.configId,
      provider: order.provider,
      provider_account: order.providerAccount,
      scene: order.scene,
      out_trade_no: order.outTradeNo,
      subject: order.subject,
      body: order.body,
      amount_minor: String(order.amount.minor),
      currency: order.amount.currency,
      status: "processing",
      request: order.request,
      fingerprint: order.fingerprint,
      notify_url: order.notifyUrl,
      return_url: order.returnUrl,
      metadata: JSON.stringify(order.metadata),
      livemode: order.livemode ? 1 : 0,
      created_at: order.createdAt,
      updated_at: order.updatedAt,
      expires_at: order.expiresAt,
      next_query_at: order.nextQueryAt,
    })
    .executeTakeFirstOrThrow();
  const orderId = String(insertId);
  await rows
    .insertInto("payment_attempts")
    .values({
      order_id: orderId,
      idempotency_key: order.idempotencyKey,
      prepared: JSON.stringify(order.prepared),
      lease_token: order.leaseToken,
      lease_until: order.leaseUntil,
      created_at: order.createdAt,
    })
    .execute();
  return orderId;
}

/**
 * Takes over an attempt whose outcome is not stored and whose lease is over. `null`: somebody else was faster, or the
 * payment has ended, so that nothing may be made for it any more.
 */
export async function takeOver(
  db: Database,
  payment: Payment,
  lease: { leaseToken: string; leaseUntil: Date; now: Date },
): Promise<Leased | null> {
  const rows = ofMerchant(db, payment.userId);
  await rows
    .updateTable("payment_attempts")
    .set({ lease_token: lease.leaseToken, lease_until: lease.leaseUntil })
    .where("order_id", "=", payment.id)
    // mutation: create-takeover-done
    .where("done", "=", 0)
    // mutation: create-takeover-lease
    .where("lease_until", "<=", lease.now)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("payment_orders as o")
          .select("o.id")
          .whereRef("o.id", "=", "payment_attempts.order_id")
          // mutation: create-takeover-ended
          .where("o.status", "not in", ["failed", "closed"]),
      ),
    )
    .execute();
  const row = await rows
    .selectFrom("payment_attempts")
    .select(["id", "idempotency_key", "prepared", "done", "lease_until"])
    .where("order_id", "=", payment.id)
    // mutation: create-takeover-own
    .where("lease_token", "=", lease.leaseToken)
    .executeTakeFirst();
  return row ? { payment, attempt: attemptOf(row), leaseToken: lease.leaseToken } : null;
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
 * T4 for a refusal of the create: the caller is answered with it, so no notification. `false`: it is not this payment's
 * outcome, because the lease was lost or the payment has moved on; then whoever comes next may try again.
 */
export function refuse(db: Database, leased: Leased, error: ProviderError, now: Date): Promise<boolean> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    if (!(await finishAttempt(trx, leased, now))) return false;
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
      if ((await readPayment(trx, payment)).refusal !== null) return true;
      // mutation: refuse-lease-ended
      await attemptRow(trx, leased).set({ done: 0, lease_until: now }).execute();
      return false;
    }
    const data = { from: "processing", to: "failed", provider_error: error };
    await addLog(trx, payment, { at: now, kind: "status", title: "refused by the provider", data });
    return true;
  });
}

/** The outcome is unknown: the lease ends now, and the next look-up is due at `nextQueryAt`. */
export function release(
  db: Database,
  leased: Leased,
  { why, now, nextQueryAt }: { why: string; now: Date; nextQueryAt: Date },
): Promise<void> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    const freed = await attemptRow(trx, leased).set({ lease_until: now }).executeTakeFirstOrThrow();
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
      title: "creating: outcome unknown",
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
