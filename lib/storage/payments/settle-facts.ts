import type { Anomaly } from "../../domain/anomaly.ts";
import type { Payment } from "../../domain/payment.ts";
import type { Fact } from "../../domain/unmatched-fact.ts";
import type { WakeUp } from "../../domain/wake-up.ts";
import { record } from "../anomalies.ts";
import type { OpenTransaction } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { insertExternal, insertRow } from "../refunds/refund-ledger.ts";
import { addLog } from "../timeline.ts";
import { readPayment, rowOf } from "./payment-rows.ts";
import { readFact } from "./unmatched-facts.ts";

export type Applied = { wakeUps: WakeUp[]; raised: Anomaly[] };

/**
 * Applies the facts about this payment's transaction that arrived before the payment was known to be paid, inside the
 * settle transaction: failed refunds first, then successful ones. A fact that does not fit raises an anomaly; no fact
 * fails the settle.
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
  const applied: Applied = { wakeUps: [], raised: [] };
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
  if (fact.kind === "refetch" || fact.kind === "refundPending") return askNow(trx, payment, now);
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
  // Two facts about the same refund: a poll must ask the provider which one is final.
  if (booked.has(refundId)) return /* mutation: fact-two-ends */ askNow(trx, payment, now);
  booked.add(refundId);
  if (fact.kind === "refundFailed") {
    await insertRow(trx, payment, { refundId, amount, now, status: "failed" });
    const entry = { at: now, kind: "refund", title: "refund failed" };
    await addLog(trx, payment, { ...entry, data: { ...detail, source: "webhook" } });
    return;
  }
  const { refundedMinor, reservedMinor } = await readPayment(trx, payment);
  // mutation: fact-over-refund
  if (refundedMinor + reservedMinor + amount.minor > payment.amount.minor) {
    applied.raised.push(anomaly("over_refund", detail));
    return;
  }
  applied.wakeUps.push(
    ...(await insertExternal(trx, payment, { refundId, amount }, { source: "webhook", now })),
  );
}

async function askNow(trx: OpenTransaction, payment: Payment, now: Date): Promise<void> {
  await rowOf(trx, payment).set({ next_poll_at: now }).execute();
}
