import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Money } from "../money/money.ts";
import { refundNotification } from "../notify/event.ts";
import { newProviderRefundNo } from "../payment/order-no.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";
import type { RefundFact } from "../refund/ports.ts";
import type { Refund } from "../refund/refund.ts";
import type { OpenTransaction } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";
import { readPayment } from "./payment-rows.ts";
import { refundOf } from "./refund-rows.ts";
import { addLog, addNotification } from "./timeline.ts";

/** Thrown inside the transaction, so that the refund's own row goes back with the sum that did not fit. */
export class OverRefund extends Error {}

/** The sum leaves `from` and, for a success, becomes refunded; never more than was paid. */
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

/** The timeline's line and the merchant's event of a refund's end. */
export async function tell(
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

/** A refund that we did not make: a row of its own, and its sum. */
export async function insertForeign(
  trx: OpenTransaction,
  payment: Payment,
  { refundId, amount }: { refundId: string; amount: Money },
  { told, now }: { told: string; now: Date },
): Promise<Hint[]> {
  const refund = await insertRow(trx, payment, { refundId, amount, now, status: "success" });
  const fact: RefundFact = {
    to: "success",
    refundId,
    error: null,
    told,
    now,
    notify: true,
    overrules: false,
  };
  await moveSums(trx, refund, { from: "nothing", fact });
  return tell(trx, refund, payment, fact, "processing");
}

export async function insertRow(
  trx: OpenTransaction,
  payment: Payment,
  made: { refundId: string; amount: Money; now: Date; status: "success" | "failed" },
): Promise<Refund> {
  const { refundId, amount, now, status } = made;
  const providerRefundNo = newProviderRefundNo(now);
  const row = {
    order_id: payment.id,
    refund_no: null,
    provider_refund_no: providerRefundNo,
    amount_minor: String(amount.minor),
    currency: amount.currency,
    status,
    reason: "made at the provider",
    request: "",
    prepared: "{}",
    idempotency_key: providerRefundNo,
    unclear_since: null,
    refund_id: refundId,
    refusal: null,
    lease_token: randomUUID(),
    lease_until: now,
    created_at: now,
    updated_at: now,
    next_query_at: null,
  };
  const { userId } = payment;
  const { insertId } = await ofMerchant(trx, userId)
    .insertInto("refunds")
    .values(row)
    .executeTakeFirstOrThrow();
  return refundOf({ ...row, id: String(insertId), user_id: userId });
}
