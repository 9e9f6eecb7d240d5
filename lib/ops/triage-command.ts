import * as z from "zod";
import { openAnomalies, stuckOrders, stuckRefunds, unreceived } from "../storage/triage.ts";
import { ageOf } from "./age.ts";
import { command, merchantName } from "./command.ts";
import { merchantIdOf } from "./find-merchant.ts";
import { withoutQuery } from "./without-query.ts";

/** Per section: the output should fit on a screen; operators repeat the command after handling these. */
const mostLines = 50;

export const triageCommand = {
  triage: command(
    "list everything that needs a person: stuck refunds and orders, open anomalies, notifications never received",
    z.strictObject({ merchant: merchantName.optional() }),
    async ({ db, clock, ...gateway }, { merchant }) => {
      const now = clock.now();
      const userId = await merchantIdOf({ db, clock, ...gateway }, merchant);
      const scope = { userId, now, limit: mostLines };
      const aged = <Row extends { since: Date }>({ since, ...row }: Row) => ({
        ...row,
        age: ageOf(since, now),
      });
      const anomalies = await openAnomalies(db, scope);
      const notifications = await unreceived(db, scope);
      return {
        stuck_refunds: (await stuckRefunds(db, scope)).map(aged),
        stuck_orders: (await stuckOrders(db, scope)).map(aged),
        anomalies: anomalies.map(({ count, ...row }) => ({ ...aged(row), count: Number(count) })),
        notifications: notifications.map(({ count, endpoint: _, url, ...row }) => ({
          ...aged(row),
          count: Number(count),
          url: withoutQuery(url),
        })),
      };
    },
  ),
};
