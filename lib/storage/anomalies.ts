import { createHash } from "node:crypto";
import { sql } from "kysely";
import { log } from "../log.ts";
import type { Anomalies } from "../payment/ports.ts";
import type { Database } from "./database.ts";

export function anomaliesIn(db: Database): Anomalies {
  return {
    async raise(anomaly, now) {
      const detail = JSON.stringify(anomaly.detail);
      const identity = [anomaly.kind, anomaly.configId, anomaly.orderNo ?? "", detail].join("\n");
      await db
        .insertInto("anomalies")
        .values({
          user_id: anomaly.userId,
          config_id: anomaly.configId,
          order_no: anomaly.orderNo,
          kind: anomaly.kind,
          fingerprint: createHash("sha256").update(identity).digest("hex"),
          detail,
          created_at: now,
        })
        .onDuplicateKeyUpdate({ times: sql`times + 1` })
        .execute();
      log.alarm("anomaly", {
        anomaly: anomaly.kind,
        merchant: anomaly.userId,
        config_id: anomaly.configId,
        provider: anomaly.provider,
        order_no: anomaly.orderNo,
      });
    },
  };
}
