import * as z from "zod";
import { GatewayError } from "../errors.ts";
import { settleAfterAll } from "../payments/settle-after-all.ts";
import { findAnomaly, listAnomalies, resolveAnomaly, type StoredAnomaly } from "../storage/anomalies.ts";
import { command, listLimit, merchantName, note, rowId } from "./command.ts";
import { merchantIdOf } from "./find-merchant.ts";
import { requireOrder } from "./find-order.ts";

export const anomalyCommands = {
  "anomaly list": command(
    "list anomalies (facts that a person must look into), newest first; open ones unless --status resolved",
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
  "anomaly resolve": command(
    "close an anomaly with a note of what was done; --settle yes also accepts the payment of a mismatch as the order's",
    z.strictObject({
      id: rowId,
      note,
      settle: z.literal("yes").optional(),
      merchant: merchantName.optional(),
    }),
    async (gateway, { id, note, settle, merchant }) => {
      const anomaly = await findAnomaly(gateway.db, id, await merchantIdOf(gateway, merchant));
      if (!anomaly) throw new GatewayError("not_found", `there is no anomaly ${id}: see anomaly list`);
      if (settle) {
        if (anomaly.kind !== "mismatch" || anomaly.orderNo === null)
          throw new GatewayError(
            "conflict",
            `anomaly ${id} is not a mismatch of an order: resolve it without --settle`,
          );
        const { payment } = await requireOrder(gateway, { order_no: anomaly.orderNo });
        const { detail, createdAt: at } = anomaly;
        await settleAfterAll(gateway, payment, { detail, at, note });
      }
      if (!(await resolveAnomaly(gateway.db, anomaly, note, gateway.clock.now())))
        throw new GatewayError(
          "conflict",
          `anomaly ${id} is already resolved: see anomaly list --status resolved`,
        );
      const resolved = await findAnomaly(gateway.db, id, anomaly.userId);
      return resolved && anomalyLine(resolved);
    },
  ),
};

/** An anomaly as the list commands print it. */
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
