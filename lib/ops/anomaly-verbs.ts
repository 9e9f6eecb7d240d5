import * as z from "zod";
import { GatewayError } from "../errors.ts";
import { text } from "../http/fields.ts";
import { findAnomaly, listAnomalies, resolveAnomaly, type StoredAnomaly } from "../storage/anomalies.ts";
import { merchantIdOf } from "./find-merchant.ts";
import { listLimit, merchantName, rowId, verb } from "./verb.ts";

export const anomalyVerbs = {
  "anomaly list": verb(
    "what a person must look at, newest first: the open ones unless --status resolved",
    z.strictObject({
      merchant: merchantName.optional(),
      status: z.enum(["open", "resolved"]).default("open"),
      kind: z.string().max(32).optional(),
      limit: listLimit,
    }),
    async (gateway, { merchant, status, kind, limit }) => {
      const userId = await merchantIdOf(gateway, merchant);
      return (await listAnomalies(gateway.db, { userId, status, kind, limit })).map(anomalyLine);
    },
  ),
  "anomaly resolve": verb(
    "close an anomaly with a note of what was done about it",
    z.strictObject({
      id: rowId,
      note: text.trim().min(1, "say what was done").max(500, "at most 500 characters"),
      merchant: merchantName.optional(),
    }),
    async (gateway, { id, note, merchant }) => {
      const anomaly = await findAnomaly(gateway.db, id, await merchantIdOf(gateway, merchant));
      if (!anomaly) throw new GatewayError("not_found", `there is no anomaly ${id}: see anomaly list`);
      if (!(await resolveAnomaly(gateway.db, anomaly, note, gateway.clock.now())))
        throw new GatewayError(
          "conflict",
          `anomaly ${id} is resolved already: see anomaly list --status resolved`,
        );
      const resolved = await findAnomaly(gateway.db, id, anomaly.userId);
      return resolved && anomalyLine(resolved);
    },
  ),
};

/** One line of a list. */
export function anomalyLine(anomaly: StoredAnomaly) {
  return {
    id: anomaly.id,
    user_id: anomaly.userId,
    config_id: anomaly.configId,
    order_no: anomaly.orderNo,
    kind: anomaly.kind,
    detail: anomaly.detail,
    times: anomaly.times,
    status: anomaly.status,
    created_at: anomaly.createdAt,
    resolved_at: anomaly.resolvedAt,
    note: anomaly.note,
  };
}
