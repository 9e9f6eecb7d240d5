import type { Account } from "../../domain/config.ts";
import { paymentNotification } from "../../domain/notification.ts";
import type { Payment } from "../../domain/payment.ts";
import { publicStatus, statesBefore } from "../../domain/payment-state.ts";
import { lastPoll } from "../../domain/poll-schedule.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import { endStuck } from "../anomalies.ts";
import { type Database, repeating, transact } from "../database.ts";
import { addLog, addNotification } from "../timeline.ts";
import { lockOrder, madeIt, ofAccount, rowOf } from "./payment-rows.ts";

/**
 * The source of a status change: the account, the reason, and the provider object that it is about (`objectId`; absent
 * or `null`: the one that this payment created).
 */
export type Said = Account & { why: string; objectId?: string | null | undefined };

export type ClosedOrFailed = { payment: Payment; notification: WakeUp | null };

/**
 * Ends a payment that was not paid. The UPDATE requires the version and state read before the provider was called, and the
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
        state: to,
        version: eb("version", "+", 1),
        closed_at: now,
        updated_at: now,
        next_poll_at: lastPoll({ status: to, closedAt: now, quietFrom: null }, now),
      }))
      // mutation: close-version
      .where("version", "=", payment.version)
      // mutation: close-status
      .where("state", "in", statesBefore(to))
      // mutation: close-state
      .where("state", "=", payment.state)
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
      ...{ state: to, status: to },
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

/** The provider has started to move the money: nothing ends the payment until the provider reports the outcome. */
export async function markInTransit(db: Database, payment: Payment, said: Said, now: Date): Promise<void> {
  const isVisible = payment.status !== publicStatus.in_transit;
  await transact(db, async (trx) => {
    const moved = await rowOf(trx, payment)
      .set({ state: "in_transit", version: payment.version + (isVisible ? 1 : 0), updated_at: now })
      // mutation: in-transit-version
      .where("version", "=", payment.version)
      // mutation: in-transit-status
      .where("state", "in", statesBefore("in_transit"))
      // mutation: in-transit-state
      .where("state", "=", payment.state)
      // mutation: start-account
      .where(ofAccount(said))
      // mutation: start-object
      .where(madeIt(said.objectId))
      .executeTakeFirstOrThrow();
    if (moved.numUpdatedRows === 0n || !isVisible) return;
    const data = { from: payment.status, to: publicStatus.in_transit, why: said.why };
    await addLog(trx, payment, {
      at: now,
      kind: "status",
      title: "the provider has started the payment",
      data,
    });
  });
}

/** Before the close call: no capture and no new link can begin. `null`: the payment has changed since it was read. */
export async function claimClose(db: Database, payment: Payment): Promise<Payment | null> {
  const claim = rowOf(db, payment)
    .set({ state: "closing" })
    // mutation: close-claim-state
    .where("state", "in", ["payable", "closing"])
    // mutation: close-claim-version
    .where("version", "=", payment.version);
  const claimed = await repeating(() => claim.executeTakeFirstOrThrow());
  return claimed.numUpdatedRows === 1n ? { ...payment, state: "closing" } : null;
}

/** The provider has not closed it: the buyer can still pay. */
export async function endClose(db: Database, payment: Payment): Promise<Payment> {
  const end = rowOf(db, payment)
    .set({ state: "payable" })
    // mutation: close-end-state
    .where("state", "=", "closing")
    .where("version", "=", payment.version);
  await repeating(() => end.execute());
  return { ...payment, state: "payable" };
}

/** The merchant wants the payment closed; a poll closes it once the provider confirms that it cannot be paid any more. */
export async function requestClose(db: Database, payment: Payment, now: Date): Promise<void> {
  await rowOf(db, payment).set({ close_requested: 1, updated_at: now }).execute();
}
