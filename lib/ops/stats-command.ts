import * as z from "zod";
import { secondsAfter } from "../clock.ts";
import {
  countDeliveries,
  countDuePolls,
  countOpenAnomalies,
  countPayments,
  oldestDueDelivery,
} from "../storage/statistics.ts";
import { command, merchantName } from "./command.ts";
import { merchantIdOf } from "./find-merchant.ts";

export const statsCommand = {
  stats: command(
    "count payments and deliveries of the last --hours, open anomalies, due polls and waiting deliveries",
    z.strictObject({
      merchant: merchantName.optional(),
      hours: z.coerce.number().int().min(1, "1 to 744").max(744, "1 to 744").default(24),
    }),
    async (gateway, { merchant, hours }) => {
      const { db, clock } = gateway;
      const now = clock.now();
      const userId = await merchantIdOf(gateway, merchant);
      const scope = { userId, now, since: secondsAfter(now, -hours * 3600) };
      const payments = await countPayments(db, scope);
      const deliveries = await countDeliveries(db, scope);
      const oldest = await oldestDueDelivery(db, scope);
      return {
        hours,
        open_anomalies: await countOpenAnomalies(db, scope),
        due_look_ups: await countDuePolls(db, scope),
        oldest_due_delivery_seconds:
          oldest === null ? null : Math.max(0, Math.floor((now.getTime() - oldest.getTime()) / 1000)),
        payments: payments.map(({ count, ...row }) => ({ ...row, count: Number(count) })),
        deliveries: deliveries.map(({ status, count }) => ({ status, count: Number(count) })),
      };
    },
  ),
};
