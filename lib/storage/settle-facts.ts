import type { Anomaly } from "../payment/anomaly.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hint } from "../payment/ports.ts";
import type { Fact } from "../payment/unmatched-facts.ts";
import { record } from "./anomalies.ts";
import type { OpenTransaction } from "./database.ts";
import { ofMerchant } from "./of-merchant.ts";
import { readPayment, rowOf } from "./payment-rows.ts";
import { insertForeign, insertRow } from "./refund-books.ts";
import { addLog } from "./timeline.ts";
import { readFact } from "./unmatched-facts.ts";

export type Applied = { hints: Hint[]; raised: Anomaly[] };

/**
 * What was told of this payment's transaction before the payment was known to be paid, in the commit that makes it so:
 * refunds that failed before those that succeeded. What does not fit is a person's matter; nothing here fails the settle.
 */
export async function applyFacts(trx: OpenTransaction, payment: Payment, now: Date): Promise<Applied> {
  const rows = await ofMerchant(trx, payment.userId)
    .selectFrom("unmatched_facts")
    .select(["id", "fact"])
    .where("provider", "=", payment.provider)
    // mutation: fact-account
    .where("provider_account", "=", payment.providerAccount)
    // mutation: fact-livemode
    .where("livemode", "=", payment.livemode ? 1 : 0)
    .where("trade_no", "=", payment.tradeNo)
    .orderBy("id")
    .forUpdate()
    .execute();
  const facts = rows.map(({ fact }) => readFact(fact));
  const inOrder = [...facts.filter(isFailure), ...facts.filter((fact) => !isFailure(fact))];
  const applied: Applied = { hints: [], raised: [] };
  const booked = new Set<string>();
  for (const fact of inOrder) await applyOne(trx, payment, { fact, now, booked, applied });
  for (const anomaly of applied.raised) await record(trx, anomaly, now);
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0)
    await ofMerchant(trx, payment.userId).deleteFrom("unmatched_facts").where("id", "in", ids).execute();
  return applied;
}

const isFailure = ({ kind }: Fact) => kind === "refundFailed";

type Applying = { fact: Fact; now: Date; booked: Set<string>; applied: Applied };

async function applyOne(trx: OpenTransaction, payment: Payment, applying: Applying): Promise<void> {
  const { fact, now, booked, applied } = applying;
  const { userId, configId, provider, orderNo } = payment;
  const anomaly = (kind: string, detail: Record<string, unknown>): Anomaly => {
    return { kind, userId, configId, provider, orderNo, detail };
  };
  if (fact.kind === "hint" || fact.kind === "refundPending") return askNow(trx, payment, now);
  if (fact.kind === "disputed") {
    applied.raised.push(anomaly("dispute", { trade_no: fact.tradeNo, why: fact.why }));
    return;
  }
  const { refundId, amount } = fact;
  const detail = { refund_no: "", refund_id: refundId, amount_minor: amount.minor };
  if (amount.currency !== payment.amount.currency) {
    const said = { said: fact.kind, differs: ["currency"], trade_no: fact.tradeNo };
    applied.raised.push(anomaly("mismatch", { ...said, refund_id: refundId, amount_minor: amount.minor }));
    return;
  }
  // Of two ends of one refund the provider must say which is the last.
  if (booked.has(refundId)) return /* mutation: fact-two-ends */ askNow(trx, payment, now);
  booked.add(refundId);
  if (fact.kind === "refundFailed") {
    await insertRow(trx, payment, { refundId, amount, now, status: "failed" });
    const entry = { at: now, kind: "refund", title: "refund failed" };
    await addLog(trx, payment, { ...entry, data: { ...detail, told_by: "webhook" } });
    return;
  }
  const { refundedMinor, reservedMinor } = await readPayment(trx, payment);
  // mutation: fact-over-refund
  if (refundedMinor + reservedMinor + amount.minor > payment.amount.minor) {
    applied.raised.push(anomaly("over_refund", detail));
    return;
  }
  applied.hints.push(...(await insertForeign(trx, payment, { refundId, amount }, { told: "webhook", now })));
}

async function askNow(trx: OpenTransaction, payment: Payment, now: Date): Promise<void> {
  await rowOf(trx, payment).set({ next_query_at: now }).execute();
}
