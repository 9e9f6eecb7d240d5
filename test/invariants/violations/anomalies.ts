import { pick, type Violations } from "./violation.ts";

export const anomalyViolations: Violations = {
  "A second-payment anomaly is about a paid order and names another transaction than the order's.": [
    [
      `UPDATE anomalies a JOIN payment_orders o ON o.order_no = a.order_no
       SET a.detail = JSON_OBJECT('trade_no', o.trade_no) WHERE a.kind = 'second-payment'`,
    ],
    [
      pick("one", "payment_orders", "status = 'pending'"),
      "SELECT order_no INTO @number FROM payment_orders WHERE id = @one",
      "UPDATE anomalies SET order_no = @number WHERE kind = 'second-payment'",
    ],
  ],
  "No two anomalies have the same fingerprint.": [
    [
      `INSERT INTO anomalies (user_id, config_id, order_no, kind, fingerprint, detail, created_at)
       SELECT user_id, config_id, order_no, kind, fingerprint, detail, created_at FROM anomalies LIMIT 1`,
    ],
  ],
};
