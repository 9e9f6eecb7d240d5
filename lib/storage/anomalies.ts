import { createHash } from "node:crypto";
import { type Selectable, sql } from "kysely";
import { secondsAfter } from "../clock.ts";
import type { Anomaly } from "../domain/anomaly.ts";
import { stuckKinds } from "../domain/stuck-payment.ts";
import { log } from "../log.ts";
import { type Database, isDuplicate, type OpenTransaction } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import type { AnomaliesTable, AnomalyStatus } from "./tables.ts";

/** Records an anomaly once per fact and logs an alarm. */
export async function raiseAnomaly(db: Database, anomaly: Anomaly, now: Date): Promise<void> {
  await record(db, anomaly, now);
  alarmOf(anomaly);
}

/** As `raiseAnomaly`, for a lasting condition: alarms only if it is new, or was resolved and has returned. */
export async function raiseAnomalyOnce(db: Database, anomaly: Anomaly, now: Date): Promise<void> {
  if (await recordOnce(db, anomaly, now)) alarmOf(anomaly);
}

/** Identifies a fact: two reports of the same fact have the same fingerprint. */
export function fingerprintOf({ kind, identity, configId, orderNo, detail }: Anomaly): string {
  const parts = identity ? [kind, ...identity] : [kind, configId, orderNo ?? "", JSON.stringify(detail)];
  return createHash("sha256").update(parts.join("\n")).digest("hex");
}

/** A fact that occurs again is counted and reopens its anomaly, because its resolution has not helped. */
export async function record(db: Database | OpenTransaction, anomaly: Anomaly, now: Date): Promise<void> {
  await ofMerchant(db, anomaly.userId)
    .insertInto("anomalies")
    .values(rowOf(anomaly, now))
    .onDuplicateKeyUpdate(
      anomaly.isReplay ? { times: sql`times` } : { times: sql`times + 1`, status: "open", resolved_at: null },
    )
    .execute();
}

/** Across merchants: some facts belong to no single merchant. `false`: the anomaly is already recorded and open. */
async function recordOnce(db: Database, anomaly: Anomaly, now: Date): Promise<boolean> {
  try {
    await ofMerchant(db, anomaly.userId).insertInto("anomalies").values(rowOf(anomaly, now)).execute();
    return true;
  } catch (error) {
    if (!isDuplicate(error, "fingerprint")) throw error;
  }
  const reopened = await acrossMerchants(db)
    .updateTable("anomalies")
    .set({ status: "open", resolved_at: null, times: sql`times + 1` })
    .where("fingerprint", "=", fingerprintOf(anomaly))
    .where("status", "=", "resolved")
    .executeTakeFirstOrThrow();
  return reopened.numUpdatedRows === 1n;
}

const rowOf = (anomaly: Anomaly, now: Date) => ({
  config_id: anomaly.configId,
  order_no: anomaly.orderNo,
  kind: anomaly.kind,
  fingerprint: fingerprintOf(anomaly),
  detail: JSON.stringify(anomaly.detail),
  created_at: now,
});

export function alarmOf(anomaly: Anomaly): void {
  log.alarm("anomaly", {
    anomaly: anomaly.kind,
    merchant: anomaly.userId,
    config_id: anomaly.configId,
    provider: anomaly.provider,
    order_no: anomaly.orderNo,
  });
}

/** A younger payment cannot have an anomaly about being stuck. */
const youngSeconds = 24 * 3600;

/** Resolves the anomalies that reported an ended payment as stuck. */
export async function endStuck(
  trx: OpenTransaction,
  payment: { userId: string; orderNo: string; createdAt: Date },
  { to, now }: { to: string; now: Date },
): Promise<void> {
  if (secondsAfter(payment.createdAt, youngSeconds) > now) return;
  await resolveEnded(trx, payment, { kinds: stuckKinds }, { note: `the payment has ended: ${to}`, now });
}

/**
 * Resolves the order's open anomalies of these kinds or this fingerprint: their cause has ended without an operator.
 */
export async function resolveEnded(
  trx: OpenTransaction,
  { userId, orderNo }: { userId: string; orderNo: string },
  which: { kinds: readonly string[] } | { fingerprint: string },
  { note, now }: { note: string; now: Date },
): Promise<void> {
  await ofMerchant(trx, userId)
    .updateTable("anomalies")
    .set({ status: "resolved", resolved_at: now, note })
    .where("order_no", "=", orderNo)
    .where("status", "=", "open")
    .$if("kinds" in which, (query) => query.where("kind", "in", "kinds" in which ? [...which.kinds] : []))
    .$if("fingerprint" in which, (query) =>
      query.where("fingerprint", "=", "fingerprint" in which ? which.fingerprint : ""),
    )
    .execute();
}

export type StoredAnomaly = {
  id: string;
  userId: string;
  configId: string;
  orderNo: string | null;
  kind: string;
  detail: Record<string, unknown>;
  status: AnomalyStatus;
  times: number;
  createdAt: Date;
  resolvedAt: Date | null;
  /** How it was resolved. */
  note: string | null;
};

export type AnomalyFilter = {
  /** Absent: all merchants. */
  userId?: string;
  orderNo?: string;
  status?: AnomalyStatus;
  kind?: string;
  limit: number;
};

/** Newest first; across merchants, for operators. */
export async function listAnomalies(db: Database, filter: AnomalyFilter): Promise<StoredAnomaly[]> {
  const { userId, orderNo, status, kind, limit } = filter;
  const rows = await acrossMerchants(db, userId)
    .selectFrom("anomalies")
    .selectAll()
    .$if(orderNo !== undefined, (query) => query.where("order_no", "=", orderNo!))
    .$if(status !== undefined, (query) => query.where("status", "=", status!))
    .$if(kind !== undefined, (query) => query.where("kind", "=", kind!))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map(anomalyOf);
}

/** Across merchants: an operator may name an anomaly by its id alone. Later calls carry its `userId`. */
export async function findAnomaly(db: Database, id: string, userId?: string): Promise<StoredAnomaly | null> {
  const row = await acrossMerchants(db, userId)
    .selectFrom("anomalies")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row ? anomalyOf(row) : null;
}

/** `false`: the anomaly is no longer open. */
export async function resolveAnomaly(
  db: Database,
  { id, userId }: StoredAnomaly,
  note: string,
  now: Date,
): Promise<boolean> {
  const resolved = await ofMerchant(db, userId)
    .updateTable("anomalies")
    .set({ status: "resolved", resolved_at: now, note })
    .where("id", "=", id)
    .where("status", "=", "open")
    .executeTakeFirstOrThrow();
  return resolved.numUpdatedRows === 1n;
}

function anomalyOf(row: Selectable<AnomaliesTable>): StoredAnomaly {
  return {
    id: row.id,
    userId: row.user_id,
    configId: row.config_id,
    orderNo: row.order_no,
    kind: row.kind,
    detail: JSON.parse(row.detail),
    status: row.status,
    times: row.times,
    createdAt: row.created_at,
    resolvedAt: row.resolved_at,
    note: row.note,
  };
}
