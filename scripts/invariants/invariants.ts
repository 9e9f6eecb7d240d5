import { anomalyInvariants } from "./anomalies.ts";
import { createInvariants } from "./creates.ts";
import { deliveryInvariants } from "./deliveries.ts";
import { factInvariants } from "./facts.ts";
import type { Invariant } from "./invariant.ts";
import { lookUpInvariants } from "./look-ups.ts";
import { paymentInvariants } from "./payments.ts";
import { refundInvariants } from "./refunds.ts";
import { secretInvariants } from "./secrets.ts";
import { tenancyInvariants } from "./tenancy.ts";

export { restInvariants } from "./at-rest.ts";

export type Row = Record<string, unknown>;
export type Broken = { invariant: number; name: string; rows: Row[] };
type Query = (sql: string, values: unknown[]) => Promise<Row[]>;

/** What holds in every committed state, also while work is under way. */
export const invariants: readonly Invariant[] = [
  ...lookUpInvariants,
  ...paymentInvariants,
  ...createInvariants,
  ...anomalyInvariants,
  ...refundInvariants,
  ...factInvariants,
  ...deliveryInvariants,
  ...tenancyInvariants,
  ...secretInvariants,
];

/** What breaks each invariant, for those that are broken. `now` is the gateway's time, which the local stage moves. */
export async function brokenInvariants(
  query: Query,
  now: Date,
  list: readonly Invariant[] = invariants,
): Promise<Broken[]> {
  const broken: Broken[] = [];
  for (const { invariant, name, sql } of list) {
    const rows = await violations(query, sql, now);
    if (rows.length > 0) broken.push({ invariant, name, rows });
  }
  return broken;
}

export function violations(query: Query, sql: string, now: Date): Promise<Row[]> {
  const values: unknown[] = [];
  const text = sql.replace(/:now\b/g, () => {
    values.push(now);
    return "?";
  });
  return query(text, values);
}
