import { pick, type Violations } from "./violation.ts";

/** Two open orders of one merchant, as @one and @two. */
const twoOpen = `
  SELECT MIN(id), MAX(id) INTO @one, @two FROM payment_orders
  WHERE status IN ('pending', 'processing') AND user_id = (SELECT MIN(id) FROM users)`;
export const createViolations: Violations = {
  "A merchant has at most one order with an out_trade_no.": [
    [
      twoOpen,
      "SELECT out_trade_no INTO @number FROM payment_orders WHERE id = @one",
      "UPDATE payment_orders SET out_trade_no = @number WHERE id = @two",
    ],
  ],
  "An order_no belongs to one order.": [
    [
      twoOpen,
      "SELECT order_no INTO @number FROM payment_orders WHERE id = @one",
      "UPDATE payment_orders SET order_no = @number WHERE id = @two",
    ],
  ],
  "A provider transaction pays for at most one order.": [
    [
      `SELECT MIN(id), MAX(id) INTO @one, @two FROM payment_orders WHERE status = 'success' AND provider = 'stripe'
       AND user_id = (SELECT MIN(id) FROM users)`,
      "SELECT trade_no INTO @first FROM payment_orders WHERE id = @one",
      "SELECT trade_no INTO @second FROM payment_orders WHERE id = @two",
      "UPDATE payment_orders SET trade_no = @first WHERE id = @two",
      "UPDATE payment_logs SET data = REPLACE(data, @second, @first) WHERE order_id = @two",
      "UPDATE deliveries SET payload = REPLACE(payload, @second, @first) WHERE order_id = @two",
    ],
  ],
  "Every order has exactly one provider request, created in the same commit.": [
    ["DELETE FROM provider_requests WHERE done = 1 LIMIT 1"],
    ["UPDATE provider_requests SET created_at = created_at + INTERVAL 1 SECOND LIMIT 1"],
    [
      `INSERT INTO provider_requests (order_id, user_id, idempotency_key, prepared, done, lease_token, lease_until, created_at)
       SELECT order_id, user_id, UUID(), prepared, done, lease_token, lease_until, created_at FROM provider_requests LIMIT 1`,
    ],
  ],
  "No two provider requests have the same idempotency key.": [
    [
      "SELECT MIN(id), MAX(id) INTO @one, @two FROM provider_requests",
      "SELECT idempotency_key INTO @key FROM provider_requests WHERE id = @one",
      "UPDATE provider_requests SET idempotency_key = @key WHERE id = @two",
    ],
  ],
  "A provider request is done if, and only if, its outcome is stored.": [
    ["UPDATE provider_requests SET done = 0 WHERE done = 1 LIMIT 1"],
    [
      pick("one", "payment_orders", "version = 1 AND payable IS NULL"),
      "UPDATE provider_requests SET done = 1 WHERE order_id = @one",
    ],
  ],
  "A pending payment has the data that its buyer needs to pay.": [
    ["UPDATE payment_orders SET payable = NULL WHERE status = 'pending' LIMIT 1"],
  ],
  "An order's fingerprint is the hash of its request.": [
    ["UPDATE payment_orders SET request = CONCAT(request, ' ') LIMIT 1"],
  ],
};
