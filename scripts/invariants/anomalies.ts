import { type Invariant, member } from "./invariant.ts";

/** Invariants of anomalies: an event that contradicts an order is recorded and does not change the order. */
export const anomalyInvariants: readonly Invariant[] = [
  {
    invariant: "second-payment-recorded",
    name: "A second-payment anomaly is about a paid order and names another transaction than the order's.",
    sql: `
      SELECT a.id AS anomaly, a.order_no, o.status, o.trade_no FROM anomalies a
      LEFT JOIN payment_orders o ON o.order_no = a.order_no
      WHERE a.kind = 'second-payment'
        AND COALESCE(o.status = 'success' AND ${member("a.detail", "trade_no")} <> o.trade_no, 0) = 0`,
  },
  {
    invariant: "second-payment-recorded",
    name: "No two anomalies have the same fingerprint.",
    sql: "SELECT fingerprint, COUNT(*) AS anomalies FROM anomalies GROUP BY fingerprint HAVING COUNT(*) > 1",
  },
];
