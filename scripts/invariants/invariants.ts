import { anomalyInvariants } from "./anomalies.ts";
import { createInvariants } from "./creates.ts";
import { deliveryInvariants } from "./deliveries.ts";
import { factInvariants } from "./facts.ts";
import type { Invariant, InvariantName } from "./invariant.ts";
import { paymentInvariants } from "./payments.ts";
import { pollInvariants } from "./polls.ts";
import { refundInvariants } from "./refunds.ts";
import { secretInvariants } from "./secrets.ts";
import { tenancyInvariants } from "./tenancy.ts";

export { restInvariants } from "./at-rest.ts";

export type Row = Record<string, unknown>;
export type Broken = { invariant: InvariantName; name: string; rows: Row[] };
export type Query = (sql: string, values: unknown[]) => Promise<Row[]>;

/** Invariants that hold in every committed state, also while requests are under way. */
export const invariants: readonly Invariant[] = [
  ...pollInvariants,
  ...paymentInvariants,
  ...createInvariants,
  ...anomalyInvariants,
  ...refundInvariants,
  ...factInvariants,
  ...deliveryInvariants,
  ...tenancyInvariants,
  ...secretInvariants,
];

/** Bounds the memory needed for a database with many violations. */
const mostRows = 100;

/**
 * The broken invariants, each with at most 100 violating rows. `now` is the gateway's time, which can be moved in the
 * local stage. One statement checks all invariants on one snapshot; the rows of broken ones are then read one by one.
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
