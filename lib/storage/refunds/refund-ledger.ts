import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { refundNotification } from "../../domain/notification.ts";
import { newProviderRefundNo } from "../../domain/order-no.ts";
import type { Payment } from "../../domain/payment.ts";
import type { Refund, RefundFact } from "../../domain/refund.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import type { Money } from "../../money/money.ts";
import type { OpenTransaction } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { readPayment } from "../payments/payment-rows.ts";
import { addLog, addNotification } from "../timeline.ts";
import { insertRefund } from "./refund-rows.ts";

/** Thrown inside the transaction when an amount does not fit, so that the refund's row is rolled back too. */
export class OverRefund extends Error {}

/**
 * Moves the refund's amount out of `from` and, for a success, into the refunded total, which never exceeds the amount
 * paid.
 */
export async function moveSums(
  trx: OpenTransaction,
  refund: Refund,
  { from, fact }: { from: "reserved" | "refunded" | "nothing"; fact: RefundFact },
): Promise<void> {
  const { minor } = refund.amount;
  const reserved = from === "reserved" ? minor : 0;
  const unrefunded = from === "refunded" ? minor : 0;
  const refunded = fact.to === "success" ? minor : 0;
  const moved = await ofMerchant(trx, refund.userId)
    .updateTable("payment_orders")
    .set({
      refund_reserved_minor: sql<string>`refund_reserved_minor - ${reserved}`,
      refunded_minor: sql<string>`refunded_minor + ${refunded} - ${unrefunded}`,
      version: sql<number>`version + 1`,
      updated_at: fact.now,
    })
    .where("id", "=", refund.orderId)
    // mutation: refund-finish-paid
    .where("status", "=", "success")
    .where("refund_reserved_minor", ">=", String(reserved))
    .where("refunded_minor", ">=", String(unrefunded))
    // mutation: refund-finish-fits
    .where(
      sql<boolean>`refunded_minor + refund_reserved_minor + ${refunded} <= amount_minor + ${reserved} + ${unrefunded}`,
    )
    .executeTakeFirstOrThrow();
  // mutation: refund-finish-both
  if (moved.numUpdatedRows !== 1n) throw new OverRefund();
}

/** Writes the timeline entry and the merchant's notification for a refund that has reached a final status. */
export async function recordOutcome(
  trx: OpenTransaction,
  refund: Refund,
  payment: Payment,
  fact: RefundFact,
  after: "processing" | "success" | "failed",
): Promise<WakeUp[]> {
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
      source: fact.source,
      ...(fact.error && { provider_error: fact.error }),
    },
  });
  const source = fact.notify ? refundNotification(current, ended, `refund.${fact.to}`, fact.now) : null;
  const wakeUp = await addNotification(trx, current, source, fact.now);
  return wakeUp ? [wakeUp] : [];
}

/** Records an external refund: a row of its own, and its amount in the payment's refunded total. */
export async function insertExternal(
  trx: OpenTransaction,
  payment: Payment,
  { refundId, amount }: { refundId: string; amount: Money },
  { source, now }: { source: string; now: Date },
): Promise<WakeUp[]> {
  const refund = await insertRow(trx, payment, { refundId, amount, now, status: "success" });
  const fact: RefundFact = {
    to: "success",
    refundId,
    error: null,
    source,
    now,
    notify: true,
    overrules: false,
  };
  await moveSums(trx, refund, { from: "nothing", fact });
  return recordOutcome(trx, refund, payment, fact, "processing");
}

export async function insertRow(
  trx: OpenTransaction,
  payment: Payment,
  made: { refundId: string; amount: Money; now: Date; status: "success" | "failed" },
): Promise<Refund> {
  const { refundId, amount, now, status } = made;
  const providerRefundNo = newProviderRefundNo(now);
  const refund = {
    ...{ userId: payment.userId, orderId: payment.id, refundNo: "", providerRefundNo, refundId },
    ...{ amount, status, reason: "made at the provider", refusal: null, createdAt: now, updatedAt: now },
    ...{ prepared: {}, idempotencyKey: providerRefundNo },
  };
  const lease = { lease_token: randomUUID(), lease_until: now, unclear_since: null, next_poll_at: null };
  return insertRefund(trx, refund, { request: "", ...lease });
}
