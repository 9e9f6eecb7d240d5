import * as z from "zod";
import { openAnomalies, stuckOrders, stuckRefunds, unreceived } from "../storage/triage.ts";
import { ageOf } from "./age.ts";
import { merchantIdOf } from "./find-merchant.ts";
import { merchantName, verb } from "./verb.ts";
import { withoutQuery } from "./without-query.ts";

/** Of each kind: more than a screen holds is worked off in turns. */
const mostLines = 50;

export const triageVerb = {
  triage: verb(
    "all that waits for a person: refunds and orders without an end, open anomalies, notifications never received",
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
