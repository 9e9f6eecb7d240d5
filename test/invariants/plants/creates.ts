import { type Plants, pick } from "./plant.ts";

/** Two orders of one merchant that are not final, as @one and @two. */
const twoOpen = `
  SELECT MIN(id), MAX(id) INTO @one, @two FROM payment_orders
  WHERE status IN ('pending', 'processing') AND user_id = (SELECT MIN(id) FROM users)`;
export const createPlants: Plants = {
  "One order per merchant and out_trade_no.": [
    [
      twoOpen,
      "SELECT out_trade_no INTO @number FROM payment_orders WHERE id = @one",
      "UPDATE payment_orders SET out_trade_no = @number WHERE id = @two",
    ],
  ],
  "One order per number of ours.": [
    [
      twoOpen,
      "SELECT order_no INTO @number FROM payment_orders WHERE id = @one",
      "UPDATE payment_orders SET order_no = @number WHERE id = @two",
    ],
  ],
  "One order per transaction of a provider.": [
    [
      `SELECT MIN(id), MAX(id) INTO @one, @two FROM payment_orders WHERE status = 'success' AND provider = 'stripe'
       AND user_id = (SELECT MIN(id) FROM users)`,
      "SELECT trade_no INTO @first FROM payment_orders WHERE id = @one",
      "SELECT trade_no INTO @second FROM payment_orders WHERE id = @two",
      "UPDATE payment_orders SET trade_no = @first WHERE id = @two",
      "UPDATE payment_logs SET data = REPLACE(data, @second, @first) WHERE order_id = @two",
      "UPDATE notify_queue SET payload = REPLACE(payload, @second, @first) WHERE order_id = @two",
    ],
  ],
  "Every order has one attempt, from the commit that made it.": [
    ["DELETE FROM payment_attempts WHERE done = 1 LIMIT 1"],
    ["UPDATE payment_attempts SET created_at = created_at + INTERVAL 1 SECOND LIMIT 1"],
    [
      `INSERT INTO payment_attempts (order_id, user_id, idempotency_key, prepared, done, lease_token, lease_until, created_at)
       SELECT order_id, user_id, UUID(), prepared, done, lease_token, lease_until, created_at FROM payment_attempts LIMIT 1`,
    ],
  ],
  "No two attempts share an idempotency key.": [
    [
      "SELECT MIN(id), MAX(id) INTO @one, @two FROM payment_attempts",
      "SELECT idempotency_key INTO @key FROM payment_attempts WHERE id = @one",
      "UPDATE payment_attempts SET idempotency_key = @key WHERE id = @two",
    ],
  ],
  "An attempt is done exactly when its outcome is stored.": [
    ["UPDATE payment_attempts SET done = 0 WHERE done = 1 LIMIT 1"],
    [
      pick("one", "payment_orders", "version = 1 AND payable IS NULL"),
      "UPDATE payment_attempts SET done = 1 WHERE order_id = @one",
    ],
  ],
  "A pending payment has what its buyer needs.": [
    ["UPDATE payment_orders SET payable = NULL WHERE status = 'pending' LIMIT 1"],
  ],
  "The fingerprint of an order is that of its request.": [
    ["UPDATE payment_orders SET request = CONCAT(request, ' ') LIMIT 1"],
  ],
};
