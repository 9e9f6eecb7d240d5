import { onlyTask, type Plants, pick, recordedCall } from "./plant.ts";

export const tenancyPlants: Plants = {
  "An attempt belongs to the merchant of its order.": [
    ["UPDATE payment_attempts SET user_id = user_id + 99 LIMIT 1"],
  ],
  "A refund belongs to the merchant of its order.": [
    ["UPDATE refunds SET user_id = user_id + 99 WHERE status = 'processing' LIMIT 1"],
  ],
  "A line of a timeline belongs to the merchant of its order.": [
    ["UPDATE payment_logs SET user_id = user_id + 99 LIMIT 1"],
  ],
  "A notification belongs to the merchant of its order.": [
    [
      ...onlyTask,
      "UPDATE notify_queue SET endpoint = SHA2(CONCAT(@owner + 99, '\\n', url), 256), user_id = @owner + 99 WHERE id = @task",
      "UPDATE notify_attempts SET user_id = @owner + 99 WHERE task_id = @task",
    ],
  ],
  "A send belongs to the merchant of its notification.": [
    ["UPDATE notify_attempts SET user_id = user_id + 99 LIMIT 1"],
  ],
  "An order was made with a config of its merchant and its provider.": [
    [
      pick("config", "payment_configs", "provider = 'stripe' AND user_id = (SELECT MAX(id) FROM users)"),
      "UPDATE payment_orders SET config_id = @config WHERE provider = 'stripe' AND config_id <> @config LIMIT 1",
    ],
    [
      `UPDATE payment_orders SET config_id = config_id + 1
       WHERE provider = 'alipay' AND status = 'pending' AND user_id = (SELECT MIN(id) FROM users) LIMIT 1`,
    ],
  ],
  "An order was made with the account of its config, unless somebody has written the config by hand.": [
    ["UPDATE payment_orders SET provider_account = 'another' WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET livemode = 1 - livemode WHERE status = 'pending' LIMIT 1"],
  ],
  "A config belongs to a merchant.": [
    [
      "INSERT INTO payment_configs (user_id, provider, config_name, config_data) VALUES (1, 'stripe', 'main', '{}')",
    ],
  ],
  "An API key names the merchant that it belongs to.": [
    ["UPDATE api_keys SET user_id = (SELECT MAX(id) FROM users) ORDER BY id LIMIT 1"],
  ],
  "A webhook was kept for a config of its provider, and for no other merchant's order.": [
    ["UPDATE webhook_events SET provider = 'alipay' WHERE provider = 'stripe' LIMIT 1"],
    [
      "SELECT order_no INTO @number FROM payment_orders WHERE user_id = (SELECT MAX(id) FROM users) LIMIT 1",
      "UPDATE webhook_events SET order_no = @number WHERE user_id = (SELECT MIN(id) FROM users) LIMIT 1",
    ],
  ],
  "An anomaly is about a config of its merchant, and about no other merchant's order.": [
    [
      "SELECT order_no INTO @number FROM payment_orders WHERE user_id = (SELECT MAX(id) FROM users) LIMIT 1",
      "UPDATE anomalies SET order_no = @number, kind = 'dispute' LIMIT 1",
    ],
    ["UPDATE anomalies SET config_id = 0 LIMIT 1"],
  ],
  "A recorded call was made with a key of its merchant, and is about no other merchant's order.": [
    [recordedCall({ key: "'m1k0123abcd'" })],
    [
      "SELECT order_no INTO @number FROM payment_orders WHERE user_id = (SELECT MAX(id) FROM users) LIMIT 1",
      recordedCall({ order: "@number" }),
    ],
    [recordedCall({ order: "'UNI20260101000000AAAAAAAAAAAAAAA'" })],
  ],
};
