import { sql } from "kysely";
import type { Account } from "../../domain/config.ts";
import { paymentNotification } from "../../domain/notification.ts";
import type { Payment } from "../../domain/payment.ts";
import { type PaymentState, publicStatus } from "../../domain/payment-state.ts";
import { nextQuietPoll } from "../../domain/poll-schedule.ts";
import type { Paid } from "../../domain/provider.ts";
import { isOther } from "../../domain/same-account.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import type { EventRecord } from "../../domain/webhook-event.ts";
import { alarmOf, endStuck } from "../anomalies.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { addLog, addNotification } from "../timeline.ts";
import { recordEvent } from "../webhook-events.ts";
import { joinedOrderColumns, orderColumns } from "./order-columns.ts";
import { madeIt, ofAccount, paymentOf } from "./payment-rows.ts";
import { type Applied, applyFacts } from "./settle-facts.ts";

/** `account`, `livemode`: of the credentials that verified the provider's message. */
export type SettleScope = Account & {
  userId: string;
  provider: string;
  now: Date;
  /** The webhook that reported the payment; absent for a poll. */
  event?: EventRecord;
  /** Where the report came from, for the timeline. */
  source: string;
  /** The latest time of the next poll, set if other events of the same message are not recorded yet. */
  askAgainBy?: Date | null;
};

/**
 * The one place where a payment becomes success, for webhooks, polls and captures. The WHERE decides, not what was read
 * before: account, object, amount and currency must be the order's, and it must not be success yet. Any of the
 * merchant's configs may report the payment: an order belongs to a provider account, not to a config.
 */
export async function settle(db: Database, paid: Paid, scope: SettleScope): Promise<Settled> {
  const before = await read(db, paid.orderNo, scope.userId);
  if (!before) return { kind: "no-such-order" };
  if (before.status === "success") {
    if (scope.event) await recordEvent(db, scope.event, before.orderNo);
    return judge(before, paid, scope);
  }
  const run = { tries: 0, applied: nothingApplied };
  try {
    const settled = await transact(db, (trx) => {
      run.tries += 1;
      return settleOnce(trx, paid, before, { ...scope, run });
    });
    for (const anomaly of run.applied.raised) alarmOf(anomaly);
    return settled;
  } catch (error) {
    if (!isDuplicate(error, /* mutation: settle-other-order */ "provider_trade")) throw error;
    // Another order of this account has this `trade_no`: one provider payment cannot pay for two orders.
    if (scope.event) await recordEvent(db, scope.event, before.orderNo);
    return { kind: "mismatch", differs: ["trade_no"], payment: before };
  }
}

const nothingApplied: Applied = { wakeUps: [], raised: [] };

async function settleOnce(
  trx: OpenTransaction,
  paid: Paid,
  before: Payment,
  scope: SettleScope & { run: { tries: number; applied: Applied } },
): Promise<Settled> {
  const { run, now } = scope;
  if (scope.event) await recordEvent(trx, scope.event, before.orderNo);
  const { askAgainBy = null } = scope;
  // MySQL evaluates SET from left to right: the first two must see the old state.
  const moved = await ofMerchant(trx, scope.userId)
    .updateTable("payment_orders")
    .set({
      // mutation: settle-late-success
      late_success: sql<number>`state IN ('failed', 'closed')`,
      paid_from: sql<PaymentState>`state`,
      state: "paid",
      trade_no: paid.tradeNo,
      payment_id: sql<string | null>`COALESCE(payment_id, ${paid.objectId})`,
      paid_at: paid.paidAt,
      updated_at: scope.now,
      version: sql<number>`version + 1`,
      // mutation: settle-quiet-from
      quiet_from: now,
      next_poll_at:
        askAgainBy === null
          ? nextQuietPoll({ quietFrom: now }, now)
          : sql<Date | null>`LEAST(COALESCE(next_poll_at, ${askAgainBy}), ${askAgainBy})`,
    })
    .where("id", "=", before.id)
    // mutation: settle-provider
    .where("provider", "=", scope.provider)
    // mutation: settle-account
    .where("provider_account", "=", paid.account)
    // mutation: settle-key-account
    .where(ofAccount(scope))
    // mutation: settle-object
    .where(madeIt(paid.objectId))
    // mutation: settle-amount
    .where("amount_minor", "=", String(paid.amount.minor))
    // mutation: settle-currency
    .where("currency", "=", paid.amount.currency)
    // mutation: settle-once
    .where("state", "<>", "paid")
    .executeTakeFirstOrThrow();
  const { current, paidFrom, hasFacts } = await readSettled(trx, before);
  if (moved.numUpdatedRows !== 1n) {
    const judged = judge(current, paid, scope);
    // An earlier COMMIT of this settle may have succeeded while its response was lost: its follow-up work is still to
    // be done.
    const isOurs = run.tries > 1 && judged.kind === "already" && before.status !== "success";
    return isOurs ? { kind: "settled", payment: current, notification: null, more: [] } : judged;
  }

  const notification = await addNotification(
    trx,
    current,
    // mutation: settle-notification
    paymentNotification(current, "payment.success", scope.now),
    scope.now,
  );
  await addLog(trx, current, {
    at: scope.now,
    kind: "status",
    title: current.lateSuccess ? "paid after all" : "paid",
    data: {
      from: paidFrom && publicStatus[paidFrom],
      to: "success",
      trade_no: paid.tradeNo,
      source: scope.source,
      late: current.lateSuccess,
    },
  });
  run.applied = hasFacts ? await applyFacts(trx, current, now) : nothingApplied;
  // mutation: stuck-payment-ended
  await endStuck(trx, current, { to: "success", now });
  return { kind: "settled", payment: current, notification, more: run.applied.wakeUps };
}

/** The current payment, the state that paid replaced, and whether facts about its transaction arrived before it was paid. */
async function readSettled(trx: OpenTransaction, { id, userId }: Payment) {
  const row = await ofMerchant(trx, userId)
    .selectFrom("payment_orders as o")
    .select(joinedOrderColumns)
    .select("o.paid_from")
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom("unmatched_facts as f")
          .select("f.id")
          .whereRef("f.provider", "=", "o.provider")
          .whereRef("f.provider_account", "=", "o.provider_account")
          .whereRef("f.trade_no", "=", "o.trade_no"),
      ).as("has_facts"),
    )
    .where("o.id", "=", id)
    .executeTakeFirstOrThrow();
  return { current: paymentOf(row), paidFrom: row.paid_from, hasFacts: Number(row.has_facts) === 1 };
}

/** Why the UPDATE matched no row. */
function judge(current: Payment, paid: Paid, scope: SettleScope): Settled {
  const differs = [
    current.provider !== scope.provider && "provider",
    (current.providerAccount !== paid.account || current.providerAccount !== scope.account) && "account",
    current.livemode !== scope.livemode && "livemode",
    isOther(current, paid.objectId) && "payment_id",
    // mutation: second-payment-amount
    current.amount.minor !== paid.amount.minor && "amount",
    current.amount.currency !== paid.amount.currency && "currency",
  ].filter((name) => name !== false);
  if (differs.length > 0) return { kind: "mismatch", differs, payment: current };
  if (current.tradeNo === /* mutation: second-payment-trade */ paid.tradeNo)
    return { kind: "already", payment: current };
  return { kind: "second-payment", payment: current };
}

async function read(db: Database, orderNo: string, userId: string): Promise<Payment | null> {
  const row = await ofMerchant(db, userId)
    .selectFrom("payment_orders")
    .select(orderColumns)
    .where("order_no", "=", orderNo)
    .executeTakeFirst();
  return row ? paymentOf(row) : null;
}

export type Settled =
  /** This call made it a success: the merchant must be notified. */
  | { kind: "settled"; payment: Payment; notification: WakeUp | null; more: WakeUp[] }
  | { kind: "already"; payment: Payment }
  /** Paid twice: recorded for a refund. */
  | { kind: "second-payment"; payment: Payment }
  /** Verified, but its account, amount or currency is not this payment's. */
  | { kind: "mismatch"; differs: string[]; payment: Payment }
  | { kind: "no-such-order" };
