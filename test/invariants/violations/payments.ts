import { pick, type Violations } from "./violation.ts";

export const paymentViolations: Violations = {
  "Exactly the successful payments have a transaction and a payment time, and every order has an account.": [
    ["UPDATE payment_orders SET paid_at = NULL WHERE status = 'success' LIMIT 1"],
    ["UPDATE payment_orders SET trade_no = 'early' WHERE status = 'pending' LIMIT 1"],
    [
      // A config whose account is unknown does not also contradict the order's account.
      "UPDATE payment_configs SET account = NULL",
      "UPDATE payment_orders SET provider_account = '' WHERE status = 'pending' LIMIT 1",
    ],
  ],
  "Every success comes from a verified webhook or a poll that named the order's transaction.": [
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"source":"webhook"', '"source":"return page"')
       WHERE kind = 'status' AND data LIKE '%"source":"webhook"%' LIMIT 1`,
    ],
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"trade_no":"', '"trade_no":"other ')
       WHERE kind = 'status' AND data LIKE '%"source":"webhook"%' LIMIT 1`,
    ],
  ],
  "A success is marked as late if, and only if, the payment had failed or was closed before.": [
    [
      `UPDATE payment_orders SET late_success = 1, closed_at = paid_at
       WHERE status = 'success' AND late_success = 0 LIMIT 1`,
    ],
  ],
  "Exactly the payments that failed or were closed, even if paid later, have a closing time.": [
    ["UPDATE payment_orders SET closed_at = NULL WHERE status = 'failed' LIMIT 1"],
    ["UPDATE payment_orders SET closed_at = :now WHERE status = 'pending' LIMIT 1"],
  ],
  "Only a payment that failed, even if paid later, has a provider's refusal.": [
    ["UPDATE payment_orders SET refusal = '{}' WHERE status = 'pending' LIMIT 1"],
  ],
  "No payment failed or was closed while a capture was under way.": [
    [
      `UPDATE payment_orders SET capture_key = UUID(), capture_until = closed_at + INTERVAL 1 SECOND
       WHERE status = 'closed' LIMIT 1`,
    ],
  ],
  "Every status change of a payment is allowed and starts from the status before it.": [
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"from":"processing"', '"from":"closed"')
       WHERE kind = 'status' AND title = 'can be paid' LIMIT 1`,
    ],
    [
      pick("one", "payment_orders", "status = 'pending'"),
      "UPDATE payment_orders SET version = version + 1 WHERE id = @one",
      `INSERT INTO payment_logs (user_id, order_id, at, kind, title, data)
       SELECT user_id, id, :now, 'status', 'again', '{"from":"pending","to":"pending"}' FROM payment_orders WHERE id = @one`,
    ],
    [
      pick("one", "payment_orders", "status = 'pending'"),
      "UPDATE payment_logs SET data = CONCAT('no JSON ', data) WHERE order_id = @one AND kind = 'status'",
      "UPDATE payment_orders SET state = 'requested' WHERE id = @one",
    ],
  ],
  "A payment's status is the last status in its timeline.": [
    ["UPDATE payment_orders SET state = 'requested' WHERE status = 'pending' LIMIT 1"],
  ],
  "A payment's version counts its status changes and its ended refunds.": [
    ["UPDATE payment_orders SET version = version + 1 WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET version = version - 1 WHERE refusal IS NOT NULL LIMIT 1"],
    ["UPDATE payment_orders SET version = version + 1 WHERE state = 'in_transit' LIMIT 1"],
    ["UPDATE payment_orders SET version = version + poll_count + 1 WHERE capture_key IS NOT NULL LIMIT 1"],
  ],
  "Every payment's state is one of the table, and a payment that is being captured has a capture key.": [
    ["UPDATE payment_orders SET state = 'odd' WHERE state = 'in_transit' LIMIT 1"],
    [
      "UPDATE payment_orders SET state = 'capturing' WHERE state = 'in_transit' AND capture_key IS NULL LIMIT 1",
    ],
  ],
  "A capture starts only before the payment expires.": [
    [
      "SELECT order_id, at INTO @one, @begun FROM payment_logs WHERE title = 'taking the money' LIMIT 1",
      "UPDATE payment_orders SET expires_at = @begun WHERE id = @one",
    ],
  ],
  "A payment has a capture key if, and only if, it has a time until which the capture may run.": [
    ["UPDATE payment_orders SET capture_until = :now WHERE status = 'pending' LIMIT 1"],
  ],
};
