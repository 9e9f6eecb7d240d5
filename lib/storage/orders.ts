import { paymentNotification } from "../notify/event.ts";
import { lastLook } from "../payment/look-up-schedule.ts";
import type { Payment } from "../payment/payment.ts";
import type { Concluded, NotifyState, Orders, Said, StoredOrder } from "../payment/ports.ts";
import { statusesBefore } from "../payment/status.ts";
import { endStuck } from "./anomalies.ts";
import { refuse, release, storePayable, takeOver } from "./attempts.ts";
import { claimCapture, endCapture } from "./captures.ts";
import { createOrder } from "./create-order.ts";
import { type Database, transact } from "./database.ts";
import { listPayments } from "./list-payments.ts";
import {
  claimLookUp,
  claimRecheck,
  dueForRecheck,
  endRechecks,
  makeDue,
  noteAnswer,
  pollAgain,
} from "./look-ups.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import { attemptOf, lockOrder, madeIt, ofAccount, orderColumns, paymentOf, rowOf } from "./payment-rows.ts";
import { endRenewal, storeRenewed, takeRenewal } from "./renewals.ts";
import { settle } from "./settle.ts";
import { addLog, addNotification } from "./timeline.ts";

export function ordersIn(db: Database): Orders {
  return {
    list: (userId, filter) => listPayments(db, userId, filter),
    findByOutTradeNo: (userId, outTradeNo) => findByOutTradeNo(db, userId, outTradeNo),
    find: (userId, key) => find(db, userId, key),
    create: (order) => createOrder(db, order),
    takeOver: (payment, leaseToken, leaseUntil, now) =>
      takeOver(db, payment, { leaseToken, leaseUntil, now }),
    storePayable: (leased, link, now) => storePayable(db, leased, link, now),
    takeRenewal: (payment, leaseToken, leaseUntil, now) =>
      takeRenewal(db, payment, { leaseToken, leaseUntil, now }),
    storeRenewed: (leased, link, now) => storeRenewed(db, leased, link, now),
    endRenewal: (leased, until) => endRenewal(db, leased, until),
    refuse: (leased, error, now, notify = false) => refuse(db, leased, error, { now, notify }),
    release: (leased, why, now, nextQueryAt, newKey) =>
      release(db, leased, { why, now, nextQueryAt, ...(newKey && { newKey }) }),
    settle: (paid, scope) => settle(db, paid, scope),
    conclude: (payment, to, said, now) => conclude(db, payment, to, { said, now }),
    markStarted: (payment, said, now) => markStarted(db, payment, said, now),
    async requestClose(payment, now) {
      await rowOf(db, payment).set({ close_requested: 1, updated_at: now }).execute();
    },
    claimCapture: (payment, capture, now) => claimCapture(db, payment, { ...capture, now }),
    endCapture: (payment, why, now, nextQueryAt) => endCapture(db, payment, { why, now, nextQueryAt }),
    findByTradeNo: (userId, provider, tradeNo) => findByTradeNo(db, userId, provider, tradeNo),
    claimLookUp: (payment, now, gapMs) => claimLookUp(db, payment, now, gapMs),
    claimRecheck: (payment, nextQueryAt, now) => claimRecheck(db, payment, nextQueryAt, now),
    endRechecks: (payment, claimed, last) => endRechecks(db, payment, claimed, last),
    noteAnswer: (payment, answered, now) => noteAnswer(db, payment, answered, now),
    pollAgain: (userId, provider, account, now) => pollAgain(db, userId, provider, { ...account, now }),
    makeDue: (payment, now, gapMs) => makeDue(db, payment, now, gapMs),
    findForReturn: (provider, orderNo) => findForReturn(db, provider, orderNo),
    dueForRecheck: (now, limit) => dueForRecheck(db, now, limit),
  };
}

async function findByOutTradeNo(
  db: Database,
  userId: string,
  outTradeNo: string,
): Promise<StoredOrder | null> {
  const row = await /* mutation: create-order-owner */ ofMerchant(db, userId)
    .selectFrom("payment_orders as o")
    .innerJoin("payment_attempts as a", "a.order_id", "o.id")
    .select(orderColumns.map((column) => `o.${column}` as const))
    .select([
      "o.fingerprint",
      "o.request",
      "a.id as attempt_id",
      "a.idempotency_key",
      "a.prepared",
      "a.done",
      "a.lease_until",
      "a.unclear_since",
    ])
    .where("o.out_trade_no", "=", outTradeNo)
    .executeTakeFirst();
  if (!row) return null;
  const attempt = attemptOf({ ...row, id: row.attempt_id });
  return { payment: paymentOf(row), attempt, fingerprint: row.fingerprint, request: row.request };
}

async function find(db: Database, userId: string, key: { orderNo: string } | { outTradeNo: string }) {
  const [column, value] =
    "orderNo" in key ? (["o.order_no", key.orderNo] as const) : (["o.out_trade_no", key.outTradeNo] as const);
  const row = await /* mutation: query-order-owner */ ofMerchant(db, userId)
    .selectFrom("payment_orders as o")
    .select(orderColumns.map((name) => `o.${name}` as const))
    .select((eb) =>
      eb
        .selectFrom("notify_queue as n")
        .select("n.status")
        .whereRef("n.order_id", "=", "o.id")
        .where("n.subject_type", "=", "payment")
        .orderBy("n.id", "desc")
        .limit(1)
        .as("notify_status"),
    )
    .where(column, "=", value)
    .executeTakeFirst();
  if (!row) return null;
  return { payment: paymentOf(row), notifyStatus: (row.notify_status ?? "none") as NotifyState };
}

/** Across merchants: the page to which a buyer returns knows the order number only. */
async function findForReturn(db: Database, provider: string, orderNo: string): Promise<Payment | null> {
  const row = await acrossMerchants(db)
    .selectFrom("payment_orders")
    .select(orderColumns)
    .where("order_no", "=", orderNo)
    .where("provider", "=", provider)
    .executeTakeFirst();
  return row ? paymentOf(row) : null;
}

/**
 * T4: final and not paid. Guarded by the version read before the provider was asked, by the account and object that it
 * is said of, and by the attempt: while somebody may be making the payment, or taking its money, nobody may call it
 * closed.
 */
function conclude(
  db: Database,
  payment: Payment,
  to: "failed" | "closed",
  { said, now }: { said: Said; now: Date },
): Promise<Concluded | null> {
  return transact(db, async (trx) => {
    // Before the statement below takes its snapshot of the attempts: `takeOver` holds this lock while it changes one.
    // mutation: conclude-order-lock
    await lockOrder(trx, payment);
    const moved = await rowOf(trx, payment)
      .set((eb) => ({
        status: to,
        version: eb("version", "+", 1),
        closed_at: now,
        updated_at: now,
        next_query_at: lastLook({ status: to, closedAt: now, quietFrom: null }, now),
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
            selectFrom("payment_attempts as a")
              .select("a.id")
              .whereRef("a.order_id", "=", "payment_orders.id")
              // mutation: close-done-attempt
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
    const told = paymentNotification(current, to === "closed" ? "payment.closed" : "payment.failed", now);
    // mutation: close-notification
    const notification = await addNotification(trx, current, told, now);
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

async function findByTradeNo(
  db: Database,
  userId: string,
  provider: string,
  tradeNo: string,
): Promise<Payment | null> {
  const row = await /* mutation: refund-webhook-owner */ ofMerchant(db, userId)
    .selectFrom("payment_orders")
    .select(orderColumns)
    .where("provider", "=", provider)
    .where("trade_no", "=", tradeNo)
    .executeTakeFirst();
  return row ? paymentOf(row) : null;
}

async function markStarted(db: Database, payment: Payment, said: Said, now: Date): Promise<void> {
  await transact(db, async (trx) => {
    const moved = await rowOf(trx, payment)
      .set((eb) => ({
        provider_started: 1,
        status: "processing",
        version: eb("version", "+", 1),
        updated_at: now,
      }))
      // mutation: provider-started-version
      .where("version", "=", payment.version)
      // mutation: provider-started-status
      .where("status", "in", ["pending", "processing"])
      .where("provider_started", "=", 0)
      // mutation: start-account
      .where(ofAccount(said))
      // mutation: start-object
      .where(madeIt(said.objectId))
      .executeTakeFirstOrThrow();
    // From `processing` nothing moves but the version: whoever read the payment before must read it again.
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
