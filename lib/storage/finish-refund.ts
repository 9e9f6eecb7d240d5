import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { type Money, safeMinor } from "../money/money.ts";
import { refundNotification } from "../notify/event.ts";
import { newProviderRefundNo } from "../payment/order-no.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";
import type { RefundFact, RefundFinished } from "../refund/ports.ts";
import type { Refund } from "../refund/refund.ts";
import { type Database, isDuplicate, type OpenTransaction, transact } from "./database.ts";
import { readPayment } from "./payment-rows.ts";
import { refundOf } from "./refund-rows.ts";
import { addLog, addNotification } from "./timeline.ts";

/** Thrown inside the transaction, so that the refund's own row goes back with the sum that did not fit. */
class OverRefund extends Error {}

/**
 * T5b: ends a refund, from whatever status it has. The sums of the order move in the same commit, by guards: a success
 * that no longer fits rolls everything back.
 */
export async function finishRefund(
  db: Database,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
): Promise<RefundFinished> {
  try {
    return await transact(db, async (trx) => {
      if (await moveRefund(trx, refund, ["processing", "unknown"], fact)) {
        await moveSums(trx, refund, { from: "reserved", fact });
        const told = await tell(trx, refund, payment, fact, "processing");
        const hidden = fact.to === "failed" ? await recordHidden(trx, payment, fact) : [];
        return { kind: "finished", notifications: [...told, ...hidden], after: "processing" };
      }
      const before = fact.to === "success" ? "failed" : "success";
      if (!(await moveRefund(trx, refund, [before], fact))) return { kind: "already" };
      await moveSums(trx, refund, { from: before === "failed" ? "nothing" : "refunded", fact });
      const notifications = await tell(trx, refund, payment, fact, before);
      return { kind: "finished", notifications, after: before };
    });
  } catch (error) {
    if (error instanceof OverRefund) return { kind: "over-refund" };
    throw error;
  }
}

/** A refund that we did not make: the row and the sum in one commit, once per id of the provider. */
export async function recordForeign(
  db: Database,
  payment: Payment,
  { refundId, amount }: { refundId: string; amount: Money },
  told: string,
  now: Date,
): Promise<RefundFinished> {
  try {
    return await transact(db, async (trx) => {
      const notifications = await insertForeign(trx, payment, { refundId, amount }, { told, now });
      return { kind: "finished", notifications, after: "processing" };
    });
  } catch (error) {
    if (isDuplicate(error, "order_refund")) return { kind: "already" };
    if (error instanceof OverRefund) return { kind: "over-refund" };
    throw error;
  }
}

/** Locks the order, so that two totals that arrive at once are not both held for news. */
export async function recordTotal(
  db: Database,
  payment: Payment,
  total: Money,
  told: string,
  now: Date,
): Promise<RefundFinished> {
  try {
    return await transact(db, async (trx) => {
      await trx
        .selectFrom("payment_orders")
        .select("id")
        .where("id", "=", payment.id)
        .where("user_id", "=", payment.userId)
        .forUpdate()
        .execute();
      const current = await readPayment(trx, payment);
      if (total.minor > current.refundedMinor + current.reservedMinor) {
        const notifications = await insertToTotal(trx, current, total, { told, now });
        return { kind: "finished", notifications, after: "processing" };
      }
      if (total.minor > current.refundedMinor) await keepTotal(trx, current, total);
      return { kind: "already" };
    });
  } catch (error) {
    if (isDuplicate(error, "order_refund")) return { kind: "already" };
    if (error instanceof OverRefund) return { kind: "over-refund" };
    throw error;
  }
}

/** Our reservation covers this total, and may yet turn out to be none of it. */
async function keepTotal(trx: OpenTransaction, payment: Payment, total: Money): Promise<void> {
  await trx
    .updateTable("payment_orders")
    .set({ refund_total_minor: String(total.minor) })
    .where("id", "=", payment.id)
    .where("user_id", "=", payment.userId)
    .where("refund_total_minor", "<", String(total.minor))
    .execute();
}

/** A reservation has come to nothing: what it has hidden of the provider's total was made in its console. */
async function recordHidden(
  trx: OpenTransaction,
  payment: Payment,
  { told, now }: RefundFact,
): Promise<Hint[]> {
  const current = await readPayment(trx, payment);
  const row = await trx
    .selectFrom("payment_orders")
    .select("refund_total_minor")
    .where("id", "=", payment.id)
    .where("user_id", "=", payment.userId)
    .executeTakeFirstOrThrow();
  const total = { minor: safeMinor(row.refund_total_minor), currency: payment.amount.currency };
  if (total.minor <= current.refundedMinor + current.reservedMinor) return [];
  return insertToTotal(trx, current, total, { told, now });
}

/** One refund for all that lacks up to the provider's total. */
function insertToTotal(
  trx: OpenTransaction,
  payment: Payment,
  { minor, currency }: Money,
  when: { told: string; now: Date },
): Promise<Hint[]> {
  const amount = { minor: minor - payment.refundedMinor - payment.reservedMinor, currency };
  return insertForeign(trx, payment, { refundId: `total-${minor}`, amount }, when);
}

async function insertForeign(
  trx: OpenTransaction,
  payment: Payment,
  { refundId, amount }: { refundId: string; amount: Money },
  { told, now }: { told: string; now: Date },
): Promise<Hint[]> {
  const row = {
    user_id: payment.userId,
    order_id: payment.id,
    refund_no: null,
    provider_refund_no: newProviderRefundNo(now),
    amount_minor: String(amount.minor),
    currency: amount.currency,
    status: "success" as const,
    reason: "made at the provider",
    request: "",
    refund_id: refundId,
    refusal: null,
    lease_token: randomUUID(),
    lease_until: now,
    created_at: now,
    updated_at: now,
    next_query_at: null,
  };
  const { insertId } = await trx.insertInto("refunds").values(row).executeTakeFirstOrThrow();
  const refund = refundOf({ ...row, id: String(insertId) });
  const fact: RefundFact = { to: "success", refundId, error: null, told, now, notify: true };
  await moveSums(trx, refund, { from: "nothing", fact });
  return tell(trx, refund, payment, fact, "processing");
}

async function moveRefund(
  trx: OpenTransaction,
  refund: Refund,
  from: readonly string[],
  fact: RefundFact,
): Promise<boolean> {
  const moved = await trx
    .updateTable("refunds")
    .set({
      status: fact.to,
      refusal: fact.error ? JSON.stringify(fact.error) : null,
      updated_at: fact.now,
      next_query_at: null,
      lease_until: fact.now,
      ...(fact.refundId && { refund_id: fact.refundId }),
    })
    .where("id", "=", refund.id)
    .where("user_id", "=", refund.userId)
    .where("status", "in", from as ("processing" | "unknown" | "success" | "failed")[])
    .executeTakeFirstOrThrow();
  return moved.numUpdatedRows === 1n;
}

/** The sum leaves `from` and, for a success, becomes refunded; never more than was paid. */
async function moveSums(
  trx: OpenTransaction,
  refund: Refund,
  { from, fact }: { from: "reserved" | "refunded" | "nothing"; fact: RefundFact },
): Promise<void> {
  const { minor } = refund.amount;
  const reserved = from === "reserved" ? minor : 0;
  const unrefunded = from === "refunded" ? minor : 0;
  const refunded = fact.to === "success" ? minor : 0;
  const moved = await sql`
    UPDATE payment_orders
    SET refund_reserved_minor = refund_reserved_minor - ${reserved},
        refunded_minor = refunded_minor + ${refunded} - ${unrefunded}, version = version + 1, updated_at = ${fact.now}
    WHERE id = ${refund.orderId} AND user_id = ${refund.userId} AND status = 'success'
      AND refund_reserved_minor >= ${reserved} AND refunded_minor >= ${unrefunded}
      AND refunded_minor + refund_reserved_minor + ${refunded} <= amount_minor + ${reserved} + ${unrefunded}`.execute(
    trx,
  );
  if (moved.numAffectedRows !== 1n) throw new OverRefund();
}

async function tell(
  trx: OpenTransaction,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
  after: "processing" | "success" | "failed",
): Promise<Hint[]> {
  const current = await readPayment(trx, payment);
  const ended: Refund = {
    ...refund,
    status: fact.to,
    refundId: fact.refundId || refund.refundId,
    updatedAt: fact.now,
  };
  await addLog(trx, current, {
    at: fact.now,
    kind: "refund",
    title: fact.to === "success" ? "refunded" : "refund failed",
    data: {
      refund_no: refund.refundNo,
      refund_id: ended.refundId,
      amount_minor: refund.amount.minor,
      from: after,
      to: fact.to,
      told_by: fact.told,
      ...(fact.error && { provider_error: fact.error }),
    },
  });
  const told = fact.notify ? refundNotification(current, ended, `refund.${fact.to}`, fact.now) : null;
  const hint = await addNotification(trx, current, told, fact.now);
  return hint ? [hint] : [];
}
