import { pick, type Violations } from "./violation.ts";

const underWay = pick("refund", "refunds", "status = 'processing'");

export const refundViolations: Violations = {
  "Refunded plus reserved amounts, and the provider's refund total, never exceed the payment.": [
    ["UPDATE payment_orders SET refund_total_minor = amount_minor + 1 LIMIT 1"],
    [
      underWay,
      `UPDATE refunds r JOIN payment_orders o ON o.id = r.order_id
       SET r.amount_minor = o.amount_minor + 1, o.refund_reserved_minor = o.amount_minor + 1 WHERE r.id = @refund`,
    ],
  ],
  "The reserved and refunded amounts of an order are the sums of its open and its successful refunds.": [
    ["UPDATE payment_orders SET refund_reserved_minor = 0 WHERE refund_reserved_minor > 0 LIMIT 1"],
    [
      "UPDATE payment_orders SET refund_reserved_minor = 1 WHERE status = 'success' AND refunded_minor = 0 LIMIT 1",
    ],
    ["UPDATE payment_orders SET refunded_minor = refunded_minor - 1 WHERE refunded_minor > 0 LIMIT 1"],
  ],
  "A refund belongs to a paid order, in the order's currency, with an amount above zero.": [
    ["UPDATE refunds SET currency = 'USD' WHERE status = 'processing' LIMIT 1"],
  ],
  "A refund has a known status.": [
    [
      underWay,
      "UPDATE payment_orders SET refund_reserved_minor = 0 WHERE id = (SELECT order_id FROM refunds WHERE id = @refund)",
      "UPDATE refunds SET status = 'odd', next_poll_at = NULL WHERE id = @refund",
    ],
  ],
  "Every final status of a refund is an allowed change and starts from the status before it.": [
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"from":"processing"', '"from":"failed"')
       WHERE kind = 'refund' AND title = 'refunded' LIMIT 1`,
    ],
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"from":"success"', '"from":"processing"')
       WHERE kind = 'refund' AND data LIKE '%"from":"success"%' LIMIT 1`,
    ],
  ],
  "Every ended refund in a timeline belongs to a refund with the same amount.": [
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"amount_minor":', '"amount_minor":1')
       WHERE kind = 'refund' AND title = 'refunded' LIMIT 1`,
    ],
    [
      pick("one", "payment_orders", "status = 'pending'"),
      "UPDATE payment_orders SET version = version + 1 WHERE id = @one",
      `INSERT INTO payment_logs (user_id, order_id, at, kind, title, data)
       SELECT user_id, id, :now, 'refund', 'refunded', '{"refund_no":"none","from":"processing","to":"success","amount_minor":1}'
       FROM payment_orders WHERE id = @one`,
    ],
  ],
  "A refund's final status is its last one in the timeline.": [
    [
      pick("refund", "refunds", "status = 'success'"),
      `UPDATE refunds r JOIN payment_orders o ON o.id = r.order_id
       SET r.status = 'unknown', r.next_poll_at = :now, o.refunded_minor = o.refunded_minor - r.amount_minor,
         o.refund_reserved_minor = o.refund_reserved_minor + r.amount_minor
       WHERE r.id = @refund`,
    ],
    [
      underWay,
      `UPDATE refunds r JOIN payment_orders o ON o.id = r.order_id
       SET r.status = 'success', r.next_poll_at = NULL, o.refunded_minor = r.amount_minor, o.refund_reserved_minor = 0
       WHERE r.id = @refund`,
    ],
  ],
  "A refund has a refusal if, and only if, it failed.": [
    ["UPDATE refunds SET refusal = NULL WHERE status = 'failed' LIMIT 1"],
    ["UPDATE refunds SET refusal = '{}' WHERE status = 'success' LIMIT 1"],
  ],
  "A merchant has at most one refund with a refund_no.": [
    [
      pick("other", "refunds", "status = 'success' AND refund_no IS NOT NULL"),
      "SELECT refund_no INTO @number FROM refunds WHERE id = @other",
      "UPDATE refunds SET refund_no = @number WHERE status = 'processing' LIMIT 1",
    ],
  ],
  "A refund number sent to a provider belongs to one refund.": [
    [
      pick("other", "refunds", "status = 'success'"),
      "SELECT provider_refund_no INTO @number FROM refunds WHERE id = @other",
      "UPDATE refunds SET provider_refund_no = @number WHERE status = 'processing' LIMIT 1",
    ],
  ],
  "A provider's refund id belongs to at most one refund of an order.": [
    [
      "SELECT MIN(id), MAX(id), order_id INTO @one, @two, @of FROM refunds WHERE refund_no IS NOT NULL GROUP BY order_id HAVING COUNT(*) > 1",
      "SELECT refund_id INTO @number FROM refunds WHERE id = @one",
      "UPDATE refunds SET refund_id = @number WHERE id = @two",
    ],
  ],
};
