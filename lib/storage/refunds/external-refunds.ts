import type { Payment } from "../../domain/payment.ts";
import type { Refund, RefundFact, RefundFinished } from "../../domain/refund.ts";
import type { Money } from "../../money/money.ts";
import { type Database, isDuplicate, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { addLog } from "../timeline.ts";
import { finishRefund } from "./finish-refund.ts";
import { insertExternal, insertRow, OverRefund } from "./refund-ledger.ts";
import { refundOf } from "./refund-rows.ts";

/** A refund that was made outside the gateway, for example in the provider's dashboard. */
export type ExternalRefund = { refundId: string; amount: Money };

/** Records the refund and its amount in one transaction, once per provider refund id. */
export async function recordExternalRefund(
  db: Database,
  payment: Payment,
  external: ExternalRefund,
  source: string,
  now: Date,
): Promise<RefundFinished> {
  try {
    return await transact(db, async (trx) => {
      const notifications = await insertExternal(trx, payment, external, { source, now });
      return { kind: "finished", notifications, after: "processing" };
    });
  } catch (error) {
    if (error instanceof OverRefund) return { kind: "over-refund" };
    // mutation: console-refund-repeated
    if (!isDuplicate(error, "order_refund")) throw error;
    return finishExternal(db, payment, external, { to: "success", error: null, source, now });
  }
}

/**
 * Records an unknown refund as failed, without an amount in the sums: an older event that it succeeded must find its
 * row.
 */
export async function failExternalRefund(
  db: Database,
  payment: Payment,
  external: ExternalRefund,
  source: string,
  now: Date,
): Promise<RefundFinished> {
  try {
    await transact(db, async (trx) => {
      await insertRow(trx, payment, { ...external, now, status: "failed" });
      const data = { refund_no: "", refund_id: external.refundId, amount_minor: external.amount.minor };
      await addLog(trx, payment, {
        at: now,
        kind: "refund",
        title: "refund failed",
        data: { ...data, source: source },
      });
    });
    return { kind: "already" };
  } catch (error) {
    if (!isDuplicate(error, "order_refund")) throw error;
    const reversed = { code: "reversed", message: "the provider says that this refund failed" };
    return finishExternal(db, payment, external, { to: "failed", error: reversed, source, now });
  }
}

async function finishExternal(
  db: Database,
  payment: Payment,
  { refundId }: ExternalRefund,
  fact: Pick<RefundFact, "to" | "error" | "source" | "now">,
): Promise<RefundFinished> {
  const existing = await byRefundId(db, payment, refundId);
  if (!existing) return { kind: "already" };
  const overrules = fact.source === "poll";
  return finishRefund(db, existing, payment, { ...fact, refundId, notify: true, overrules });
}

async function byRefundId(db: Database, payment: Payment, refundId: string): Promise<Refund | null> {
  const row = await ofMerchant(db, payment.userId)
    .selectFrom("refunds")
    .selectAll()
    .where("order_id", "=", payment.id)
    .where("refund_id", "=", refundId)
    .executeTakeFirst();
  return row ? refundOf(row) : null;
}
