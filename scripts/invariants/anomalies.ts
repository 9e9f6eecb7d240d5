import { type Invariant, member } from "./invariant.ts";

/** What contradicts an order is recorded, and leaves the order as it is. */
export const anomalyInvariants: readonly Invariant[] = [
  {
    invariant: 6,
    name: "A second payment is of a paid order, by another transaction.",
    sql: `
      SELECT a.id AS anomaly, a.order_no, o.status, o.trade_no FROM anomalies a
      LEFT JOIN payment_orders o ON o.order_no = a.order_no
      WHERE a.kind = 'second-payment'
        AND COALESCE(o.status = 'success' AND ${member("a.detail", "trade_no")} <> o.trade_no, 0) = 0`,
  },
  {
    invariant: 6,
    name: "The same fact is raised once.",
    sql: "SELECT fingerprint, COUNT(*) AS anomalies FROM anomalies GROUP BY fingerprint HAVING COUNT(*) > 1",
  },
];
