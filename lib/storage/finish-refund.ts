import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Money } from "../money/money.ts";
import { refundNotification } from "../notify/event.ts";
import { newProviderRefundNo } from "../payment/order-no.ts";
import type { Payment } from "../payment/payment.ts";
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
      for (const from of [["processing", "unknown"], fact.to === "success" ? ["failed"] : ["success"]]) {
        if (await moveRefund(trx, refund, from, fact)) {
          const open = from.includes("unknown");
          await moveSums(trx, refund, {
            from: open ? "reserved" : fact.to === "success" ? "nothing" : "refunded",
            fact,
          });
          return await tell(
            trx,
            refund,
            payment,
            fact,
            open ? "processing" : fact.to === "success" ? "failed" : "success",
          );
        }
      }
      return { kind: "already" };
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
    return await transact(db, (trx) => insertForeign(trx, payment, { refundId, amount }, { told, now }));
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
      await trx.selectFrom("payment_orders").select("id").where("id", "=", payment.id).forUpdate().execute();
      const current = await readPayment(trx, payment);
      const minor = total.minor - current.refundedMinor - current.reservedMinor;
      if (minor <= 0) return { kind: "already" };
      const foreign = { refundId: `total-${total.minor}`, amount: { minor, currency: total.currency } };
      return await insertForeign(trx, current, foreign, { told, now });
    });
  } catch (error) {
    if (isDuplicate(error, "order_refund")) return { kind: "already" };
    if (error instanceof OverRefund) return { kind: "over-refund" };
    throw error;
  }
}

async function insertForeign(
  trx: OpenTransaction,
  payment: Payment,
  { refundId, amount }: { refundId: string; amount: Money },
  { told, now }: { told: string; now: Date },
): Promise<RefundFinished> {
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
): Promise<RefundFinished> {
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
  return { kind: "finished", notification: await addNotification(trx, current, told, fact.now), after };
}
