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
export type Query = (sql: string, values: unknown[]) => Promise<Row[]>;

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

/** A database in which everything is wrong must not fill the memory. */
const mostRows = 100;

/**
 * What breaks each invariant, for those that are broken: at most 100 rows of each. `now` is the gateway's time, which the
 * local stage moves. One statement asks about all of them, so about one moment; only what is broken is listed.
 */
export async function brokenInvariants(
  query: Query,
  now: Date,
  list: readonly Invariant[] = invariants,
): Promise<Broken[]> {
  const questions = list.map(({ sql }, at) => `EXISTS (${sql}) AS q${at}`);
  const [answers = {}] = await ask(query, `SELECT ${questions.join(", ")}`, now);
  const broken: Broken[] = [];
  for (const [at, { invariant, name, sql }] of list.entries()) {
    if (Number(answers[`q${at}`]) === 0) continue;
    const rows = await ask(query, `SELECT * FROM (${sql}) AS violations LIMIT ${mostRows}`, now);
    broken.push({ invariant, name, rows });
  }
  return broken;
}

function ask(query: Query, sql: string, now: Date): Promise<Row[]> {
  const values: Date[] = [];
  const text = sql.replace(/:now\b/g, () => {
    values.push(now);
    return "?";
  });
  return query(text, values);
}
