import { paymentNotification } from "../deliveries/event.ts";
import type { Payment } from "../payments/payment.ts";
import { statusesBefore } from "../payments/payment-status.ts";
import { lastPoll } from "../payments/poll-schedule.ts";
import type { ClosedOrFailed, NotifyState, Orders, Said, StoredOrder } from "../payments/ports.ts";
import { endStuck } from "./anomalies.ts";
import { claimCapture, endCapture } from "./captures.ts";
import { createOrder } from "./create-order.ts";
import { type Database, transact } from "./database.ts";
import { listPayments } from "./list-payments.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import {
  lockOrder,
  madeIt,
  ofAccount,
  orderColumns,
  paymentOf,
  providerRequestOf,
  rowOf,
} from "./payment-rows.ts";
import { claimPoll, claimRefresh, dueForPoll, endPolls, makeDue, noteAnswer, pollAgain } from "./polls.ts";
import { recordCreated, refuse, release, takeLease } from "./provider-requests.ts";
import { endRenewal, storeRenewed, takeRenewal } from "./renewals.ts";
import { settle } from "./settle.ts";
import { addLog, addNotification } from "./timeline.ts";

export function ordersIn(db: Database): Orders {
  return {
    list: (userId, filter) => listPayments(db, userId, filter),
    findByOutTradeNo: (userId, outTradeNo) => findByOutTradeNo(db, userId, outTradeNo),
    find: (userId, key) => find(db, userId, key),
    create: (order) => createOrder(db, order),
    takeLease: (payment, leaseToken, leaseUntil, now) =>
      takeLease(db, payment, { leaseToken, leaseUntil, now }),
    recordCreated: (leased, link, now) => recordCreated(db, leased, link, now),
    takeRenewal: (payment, leaseToken, leaseUntil, now) =>
      takeRenewal(db, payment, { leaseToken, leaseUntil, now }),
    storeRenewed: (leased, link, now) => storeRenewed(db, leased, link, now),
    endRenewal: (leased, until) => endRenewal(db, leased, until),
    refuse: (leased, error, now, notify = false) => refuse(db, leased, error, { now, notify }),
    release: (leased, why, now, nextPollAt, newKey) =>
      release(db, leased, { why, now, nextPollAt, ...(newKey && { newKey }) }),
    settle: (paid, scope) => settle(db, paid, scope),
    closeOrFail: (payment, to, said, now) => closeOrFail(db, payment, to, { said, now }),
    markInTransit: (payment, said, now) => markInTransit(db, payment, said, now),
    async requestClose(payment, now) {
      await rowOf(db, payment).set({ close_requested: 1, updated_at: now }).execute();
    },
    claimCapture: (payment, capture, now) => claimCapture(db, payment, { ...capture, now }),
    endCapture: (payment, why, now, nextPollAt) => endCapture(db, payment, { why, now, nextPollAt }),
    findByTradeNo: (userId, provider, tradeNo) => findByTradeNo(db, userId, provider, tradeNo),
    claimRefresh: (payment, now, gapMs) => claimRefresh(db, payment, now, gapMs),
    claimPoll: (payment, nextPollAt, now) => claimPoll(db, payment, nextPollAt, now),
    endPolls: (payment, claimed, last) => endPolls(db, payment, claimed, last),
    noteAnswer: (payment, answered, now) => noteAnswer(db, payment, answered, now),
    pollAgain: (userId, provider, account, now) => pollAgain(db, userId, provider, { ...account, now }),
    makeDue: (payment, now, gapMs) => makeDue(db, payment, now, gapMs),
    findForReturn: (provider, orderNo) => findForReturn(db, provider, orderNo),
    dueForPoll: (now, limit) => dueForPoll(db, now, limit),
  };
}

async function findByOutTradeNo(
  db: Database,
  userId: string,
  outTradeNo: string,
): Promise<StoredOrder | null> {
  const row = await /* mutation: create-order-owner */ ofMerchant(db, userId)
    .selectFrom("payment_orders as o")
    .innerJoin("provider_requests as a", "a.order_id", "o.id")
    .select(orderColumns.map((column) => `o.${column}` as const))
    .select([
      "o.fingerprint",
      "o.request",
      "a.id as request_id",
      "a.idempotency_key",
      "a.prepared",
      "a.done",
      "a.lease_until",
      "a.unclear_since",
    ])
    .where("o.out_trade_no", "=", outTradeNo)
    .executeTakeFirst();
  if (!row) return null;
  const providerRequest = providerRequestOf({ ...row, id: row.request_id });
  return { payment: paymentOf(row), providerRequest, fingerprint: row.fingerprint, request: row.request };
}

async function find(db: Database, userId: string, key: { orderNo: string } | { outTradeNo: string }) {
  const [column, value] =
    "orderNo" in key ? (["o.order_no", key.orderNo] as const) : (["o.out_trade_no", key.outTradeNo] as const);
  const row = await /* mutation: query-order-owner */ ofMerchant(db, userId)
    .selectFrom("payment_orders as o")
    .select(orderColumns.map((name) => `o.${name}` as const))
    .select((eb) =>
      eb
        .selectFrom("deliveries as n")
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

/** Across merchants: the page to which the buyer returns knows only the order number. */
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
 * Ends a payment that was not paid. The UPDATE requires the version read before the provider was called, and the
 * account and object that the provider's response is about. It also requires that no provider request or capture is
 * running: while one may still create the payment or take its money, the payment must not be closed.
 */
function closeOrFail(
  db: Database,
  payment: Payment,
  to: "failed" | "closed",
  { said, now }: { said: Said; now: Date },
): Promise<ClosedOrFailed | null> {
  return transact(db, async (trx) => {
    // Before the UPDATE takes its snapshot of the provider requests: `takeLease` holds this lock while it changes one.
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

async function markInTransit(db: Database, payment: Payment, said: Said, now: Date): Promise<void> {
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
