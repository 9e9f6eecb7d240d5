import type { Account } from "../../domain/config.ts";
import { paymentNotification } from "../../domain/notification.ts";
import type { Payment } from "../../domain/payment.ts";
import { statusesBefore } from "../../domain/payment-status.ts";
import { lastPoll } from "../../domain/poll-schedule.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import { endStuck } from "../anomalies.ts";
import { type Database, transact } from "../database.ts";
import { addLog, addNotification } from "../timeline.ts";
import { lockOrder, madeIt, ofAccount, rowOf } from "./payment-rows.ts";

/**
 * The source of a status change: the account, the reason, and the provider object that it is about (`objectId`; absent
 * or `null`: the one that this payment created).
 */
export type Said = Account & { why: string; objectId?: string | null | undefined };

export type ClosedOrFailed = { payment: Payment; notification: WakeUp | null };

/**
 * Ends a payment that was not paid. The UPDATE requires the version read before the provider was called, and the
 * account and object that the provider's response is about. It also requires that no provider request or capture is
 * running: while one may still create the payment or take its money, the payment must not be closed.
 */
export function closeOrFail(
  db: Database,
  payment: Payment,
  to: "failed" | "closed",
  { said, now }: { said: Said; now: Date },
): Promise<ClosedOrFailed | null> {
  return transact(db, async (trx) => {
    // Before the UPDATE takes its snapshot of the provider requests: `takeCreateLease` holds this lock while it changes one.
    // mutation: close-or-fail-order-lock
    await lockOrder(trx, payment);
    const moved = await rowOf(trx, payment)
      .set((eb) => ({
        status: to,
        version: eb("version", "+", 1),
        closed_at: now,
        updated_at: now,
        next_poll_at: lastPoll({ status: to, closedAt: now, quietFrom: null }, now),
      }))
      // mutation: close-version
      .where("version", "=", payment.version)
      // mutation: close-status
      .where("status", "in", statusesBefore(to))
      // mutation: close-account
      .where(ofAccount(said))
      // mutation: close-object
      .where(madeIt(said.objectId))
      // mutation: close-capture
      .where((eb) => eb.or([eb("capture_until", "is", null), eb("capture_until", "<=", now)]))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("provider_requests as a")
              .select("a.id")
              .whereRef("a.order_id", "=", "payment_orders.id")
              // mutation: close-done-request
              .where("a.done", "=", 0)
              .where("a.lease_until", ">", /* mutation: close-lease */ now),
          ),
        ),
      )
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n) return null;
    const current: Payment = {
      ...payment,
      status: to,
      version: payment.version + 1,
      closedAt: now,
      updatedAt: now,
    };
    const toSend = paymentNotification(current, to === "closed" ? "payment.closed" : "payment.failed", now);
    // mutation: close-notification
    const notification = await addNotification(trx, current, toSend, now);
    await endStuck(trx, current, { to, now });
    await addLog(trx, current, {
      at: now,
      kind: "status",
      title: to,
      data: { from: payment.status, to, why: said.why },
    });
    return { payment: current, notification };
  });
}

/** The provider has started to move the money: nothing ends the payment until it reports the outcome. */
export async function markInTransit(db: Database, payment: Payment, said: Said, now: Date): Promise<void> {
  await transact(db, async (trx) => {
    const moved = await rowOf(trx, payment)
      .set((eb) => ({
        in_transit: 1,
        status: "processing",
        version: eb("version", "+", 1),
        updated_at: now,
      }))
      // mutation: in-transit-version
      .where("version", "=", payment.version)
      // mutation: in-transit-status
      .where("status", "in", ["pending", "processing"])
      .where("in_transit", "=", 0)
      // mutation: start-account
      .where(ofAccount(said))
      // mutation: start-object
      .where(madeIt(said.objectId))
      .executeTakeFirstOrThrow();
    // From `processing` only the version changes: callers that read the payment before must read it again.
    if (moved.numUpdatedRows === 0n || payment.status === "processing") return;
    const data = { from: payment.status, to: "processing", why: said.why };
    await addLog(trx, payment, {
      at: now,
      kind: "status",
      title: "the provider has started the payment",
      data,
    });
  });
}

/** The merchant wants the payment closed; a poll closes it once the provider confirms that it cannot be paid any more. */
export async function requestClose(db: Database, payment: Payment, now: Date): Promise<void> {
  await rowOf(db, payment).set({ close_requested: 1, updated_at: now }).execute();
}
