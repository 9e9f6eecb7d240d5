import { createHash } from "node:crypto";
import { type Selectable, sql } from "kysely";
import { log } from "../log.ts";
import type { Anomalies, Anomaly } from "../payment/ports.ts";
import type { Database } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import type { AnomaliesTable, AnomalyStatus } from "./tables.ts";

export function anomaliesIn(db: Database): Anomalies {
  return {
    raise: (anomaly, now) => raise(db, anomaly, now, 1),
    raiseAgain: (anomaly, now) => raise(db, anomaly, now, 0),
  };
}

async function raise(db: Database, anomaly: Anomaly, now: Date, more: 0 | 1): Promise<void> {
  const detail = JSON.stringify(anomaly.detail);
  const identity = [anomaly.kind, anomaly.configId, anomaly.orderNo ?? "", detail].join("\n");
  await ofMerchant(db, anomaly.userId)
    .insertInto("anomalies")
    .values({
      config_id: anomaly.configId,
      order_no: anomaly.orderNo,
      kind: anomaly.kind,
      fingerprint: createHash("sha256").update(identity).digest("hex"),
      detail,
      created_at: now,
    })
    .onDuplicateKeyUpdate({
      times: sql`times + ${more}`,
      ...(anomaly.reopens && { status: "open", resolved_at: null }),
    })
    .execute();
  log.alarm("anomaly", {
    anomaly: anomaly.kind,
    merchant: anomaly.userId,
    config_id: anomaly.configId,
    provider: anomaly.provider,
    order_no: anomaly.orderNo,
  });
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
  /** What was done about it. */
  note: string | null;
};

export type AnomalyFilter = {
  /** Absent: of every merchant. */
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

/** Across merchants, because an operator may name an anomaly by its id alone; what follows carries its `userId`. */
export async function findAnomaly(db: Database, id: string, userId?: string): Promise<StoredAnomaly | null> {
  const row = await acrossMerchants(db, userId)
    .selectFrom("anomalies")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row ? anomalyOf(row) : null;
}

/** `false`: it is not open any more. */
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
