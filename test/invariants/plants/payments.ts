import { type Plants, pick } from "./plant.ts";

export const paymentPlants: Plants = {
  "A success names its transaction, the time of payment and the account, and nothing else does.": [
    ["UPDATE payment_orders SET paid_at = NULL WHERE status = 'success' LIMIT 1"],
    ["UPDATE payment_orders SET trade_no = 'early' WHERE status = 'pending' LIMIT 1"],
    [
      // An account that nobody has asked for yet says nothing of the order's.
      "UPDATE payment_configs SET account = NULL",
      "UPDATE payment_orders SET provider_account = '' WHERE status = 'pending' LIMIT 1",
    ],
  ],
  "A success was told by a verified webhook or a look-up, of the transaction that the order names.": [
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"told_by":"webhook"', '"told_by":"return page"')
       WHERE kind = 'status' AND data LIKE '%"told_by":"webhook"%' LIMIT 1`,
    ],
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"trade_no":"', '"trade_no":"other ')
       WHERE kind = 'status' AND data LIKE '%"told_by":"webhook"%' LIMIT 1`,
    ],
  ],
  "A success is late exactly when the payment had failed or was closed.": [
    [
      `UPDATE payment_orders SET late_success = 1, closed_at = paid_at
       WHERE status = 'success' AND late_success = 0 LIMIT 1`,
    ],
  ],
  "The time of its end is on every payment that ended unpaid, and on no other.": [
    ["UPDATE payment_orders SET closed_at = NULL WHERE status = 'failed' LIMIT 1"],
    ["UPDATE payment_orders SET closed_at = :now WHERE status = 'pending' LIMIT 1"],
  ],
  "Only a failed payment has the words of a refusal.": [
    ["UPDATE payment_orders SET refusal = '{}' WHERE status = 'pending' LIMIT 1"],
  ],
  "No payment ended unpaid while its money was being taken.": [
    [
      `UPDATE payment_orders SET capture_key = UUID(), capture_until = closed_at + INTERVAL 1 SECOND
       WHERE status = 'closed' LIMIT 1`,
    ],
  ],
  "Every change of a payment's status is an edge of the table and begins where the one before it ended.": [
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
      "UPDATE payment_orders SET status = 'processing' WHERE id = @one",
    ],
  ],
  "A payment's status is the last one of its timeline, and so one of the table.": [
    ["UPDATE payment_orders SET status = 'processing' WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET status = 'odd' WHERE status = 'pending' LIMIT 1"],
  ],
  "The version counts the changes of the timeline, the end of each refund and the provider's start.": [
    ["UPDATE payment_orders SET version = version + 1 WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET version = version - 1 WHERE refusal IS NOT NULL LIMIT 1"],
    ["UPDATE payment_orders SET version = version + 1 WHERE provider_started = 1 LIMIT 1"],
    ["UPDATE payment_orders SET version = version + look_ups + 1 WHERE capture_key IS NOT NULL LIMIT 1"],
  ],
  "Money is taken only before the payment expires.": [
    [
      "SELECT order_id, at INTO @one, @begun FROM payment_logs WHERE title = 'taking the money' LIMIT 1",
      "UPDATE payment_orders SET expires_at = @begun WHERE id = @one",
    ],
  ],
  "A capture under way has a key and an end.": [
    ["UPDATE payment_orders SET capture_until = :now WHERE status = 'pending' LIMIT 1"],
  ],
};
