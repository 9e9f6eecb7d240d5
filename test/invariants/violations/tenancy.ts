import { apiCall, onlyTask, pick, type Violations } from "./violation.ts";

export const tenancyViolations: Violations = {
  "A provider request belongs to the merchant of its order.": [
    ["UPDATE provider_requests SET user_id = user_id + 99 LIMIT 1"],
  ],
  "A refund belongs to the merchant of its order.": [
    ["UPDATE refunds SET user_id = user_id + 99 WHERE status = 'processing' LIMIT 1"],
  ],
  "A timeline entry belongs to the merchant of its order.": [
    ["UPDATE payment_logs SET user_id = user_id + 99 LIMIT 1"],
  ],
  "A delivery belongs to the merchant of its order.": [
    [
      ...onlyTask,
      "UPDATE deliveries SET endpoint = SHA2(CONCAT(@owner + 99, '\\n', url), 256), user_id = @owner + 99 WHERE id = @task",
      "UPDATE delivery_attempts SET user_id = @owner + 99 WHERE task_id = @task",
    ],
  ],
  "A send belongs to the merchant of its delivery.": [
    ["UPDATE delivery_attempts SET user_id = user_id + 99 LIMIT 1"],
  ],
  "An order's config belongs to the order's merchant and provider.": [
    [
      pick("config", "payment_configs", "provider = 'stripe' AND user_id = (SELECT MAX(id) FROM users)"),
      "UPDATE payment_orders SET config_id = @config WHERE provider = 'stripe' AND config_id <> @config LIMIT 1",
    ],
    [
      `UPDATE payment_orders SET config_id = config_id + 1
       WHERE provider = 'alipay' AND status = 'pending' AND user_id = (SELECT MIN(id) FROM users) LIMIT 1`,
    ],
  ],
  "An order's account is its config's account, unless the config was edited in the database.": [
    ["UPDATE payment_orders SET provider_account = 'another' WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET livemode = 1 - livemode WHERE status = 'pending' LIMIT 1"],
  ],
  "Every config belongs to a merchant.": [
    [
      "INSERT INTO payment_configs (user_id, provider, config_name, config_data) VALUES (1, 'stripe', 'main', '{}')",
    ],
  ],
  "Every API key belongs to a merchant, whose id is part of the key's id.": [
    ["UPDATE api_keys SET user_id = (SELECT MAX(id) FROM users) ORDER BY id LIMIT 1"],
  ],
  "A stored webhook belongs to a config of its provider and to no other merchant's order.": [
    ["UPDATE webhook_events SET provider = 'alipay' WHERE provider = 'stripe' LIMIT 1"],
    [
      "SELECT order_no INTO @number FROM payment_orders WHERE user_id = (SELECT MAX(id) FROM users) LIMIT 1",
      "UPDATE webhook_events SET order_no = @number WHERE user_id = (SELECT MIN(id) FROM users) LIMIT 1",
    ],
  ],
  "An anomaly belongs to a config of its merchant and to no other merchant's order.": [
    [
      "SELECT order_no INTO @number FROM payment_orders WHERE user_id = (SELECT MAX(id) FROM users) LIMIT 1",
      "UPDATE anomalies SET order_no = @number, kind = 'dispute' LIMIT 1",
    ],
    ["UPDATE anomalies SET config_id = 0 LIMIT 1"],
  ],
  "A recorded API call used a key of its merchant and belongs to no other merchant's order.": [
    [apiCall({ key: "'m1k0123abcd'" })],
    [
      "SELECT order_no INTO @number FROM payment_orders WHERE user_id = (SELECT MAX(id) FROM users) LIMIT 1",
      apiCall({ order: "@number" }),
    ],
    [apiCall({ order: "'UNI20260101000000AAAAAAAAAAAAAAA'" })],
  ],
};
