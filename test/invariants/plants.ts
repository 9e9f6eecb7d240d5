/** By an invariant's name: ways to break it and nothing else in the rows of a life, each a list of statements. */
export type Plants = Record<string, string[][]>;

/** Two orders of one merchant that are not final, as @one and @two. */
const twoOpen = `
  SELECT MIN(id), MAX(id) INTO @one, @two FROM payment_orders
  WHERE status IN ('pending', 'processing') AND user_id = (SELECT MIN(id) FROM users)`;
/** One row that fits, in a variable. */
const pick = (name: string, table: string, where: string) =>
  `SELECT MIN(id) INTO @${name} FROM ${table} WHERE ${where}`;
/** A received notification whose order was told of nothing else, as @task, with its order as @of. */
const onlyTask = [
  `SELECT MIN(id) INTO @task FROM notify_queue WHERE status = 'success' AND attempt = 1 AND generation = 1
   AND order_id IN (SELECT order_id FROM (SELECT order_id FROM notify_queue GROUP BY order_id HAVING COUNT(*) = 1) alone)`,
  "SELECT order_id, user_id INTO @of, @owner FROM notify_queue WHERE id = @task",
];
const toUrl = (url: string) => [
  ...onlyTask,
  `UPDATE notify_queue SET url = '${url}', endpoint = SHA2(CONCAT(user_id, '\\n', '${url}'), 256) WHERE id = @task`,
  `UPDATE payment_orders SET notify_url = '${url}' WHERE id = @of`,
];
const dropTask = [
  "DELETE FROM notify_attempts WHERE task_id = @task",
  "DELETE FROM notify_queue WHERE id = @task",
];

export const lookUpPlants: Plants = {
  "A payment that is not final will be asked about, past its expiry too.": [
    ["UPDATE payment_orders SET next_query_at = NULL WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET next_query_at = NULL WHERE status = 'processing' LIMIT 1"],
  ],
  "No look-up of an open payment is further away than a quarter of an hour, or an hour once it is started.": [
    ["UPDATE payment_orders SET next_query_at = :now + INTERVAL 16 MINUTE WHERE status = 'pending' LIMIT 1"],
    [
      "UPDATE payment_orders SET next_query_at = :now + INTERVAL 61 MINUTE WHERE provider_started = 1 LIMIT 1",
    ],
  ],
  "An ended payment is asked about again within an hour, a closed one a day after its end, or never.": [
    ["UPDATE payment_orders SET next_query_at = :now + INTERVAL 61 MINUTE WHERE status = 'success' LIMIT 1"],
    [
      "UPDATE payment_orders SET next_query_at = closed_at + INTERVAL 25 HOUR WHERE status = 'closed' LIMIT 1",
    ],
  ],
  "A refund that is not final will be asked about within an hour, and no other is.": [
    ["UPDATE refunds SET next_query_at = NULL WHERE status = 'processing' LIMIT 1"],
    ["UPDATE refunds SET next_query_at = :now WHERE status = 'success' LIMIT 1"],
    ["UPDATE refunds SET next_query_at = :now + INTERVAL 61 MINUTE WHERE status = 'processing' LIMIT 1"],
  ],
};

export const paymentPlants: Plants = {
  "A success names its transaction, the time of payment and the account, and nothing else does.": [
    ["UPDATE payment_orders SET paid_at = NULL WHERE status = 'success' LIMIT 1"],
    ["UPDATE payment_orders SET trade_no = 'early' WHERE status = 'pending' LIMIT 1"],
    ["UPDATE payment_orders SET provider_account = '' WHERE status = 'pending' LIMIT 1"],
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

export const anomalyPlants: Plants = {
  "A second payment is of a paid order, by another transaction.": [
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
  "The same fact is raised once.": [
    [
      `INSERT INTO anomalies (user_id, config_id, order_no, kind, fingerprint, detail, created_at)
       SELECT user_id, config_id, order_no, kind, fingerprint, detail, created_at FROM anomalies LIMIT 1`,
    ],
  ],
};

const underWay = pick("refund", "refunds", "status = 'processing'");

export const refundPlants: Plants = {
  "What is refunded and reserved, or told as refunded, is never more than was paid.": [
    ["UPDATE payment_orders SET refund_total_minor = amount_minor + 1 LIMIT 1"],
    [
      underWay,
      `UPDATE refunds r JOIN payment_orders o ON o.id = r.order_id
       SET r.amount_minor = o.amount_minor + 1, o.refund_reserved_minor = o.amount_minor + 1 WHERE r.id = @refund`,
    ],
  ],
  "What is reserved and what is refunded are sums of refunds: of those that may still succeed, and of those that did.":
    [
      ["UPDATE payment_orders SET refund_reserved_minor = 0 WHERE refund_reserved_minor > 0 LIMIT 1"],
      [
        "UPDATE payment_orders SET refund_reserved_minor = 1 WHERE status = 'success' AND refunded_minor = 0 LIMIT 1",
      ],
      ["UPDATE payment_orders SET refunded_minor = refunded_minor - 1 WHERE refunded_minor > 0 LIMIT 1"],
    ],
  "A refund gives back a part of a paid order, in its currency.": [
    ["UPDATE refunds SET currency = 'USD' WHERE status = 'processing' LIMIT 1"],
  ],
  "A refund has a status of the table.": [
    [
      underWay,
      "UPDATE payment_orders SET refund_reserved_minor = 0 WHERE id = (SELECT order_id FROM refunds WHERE id = @refund)",
      "UPDATE refunds SET status = 'odd', next_query_at = NULL WHERE id = @refund",
    ],
  ],
  "Every end of a refund is an edge of the table and begins where the one before it ended.": [
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"from":"processing"', '"from":"failed"')
       WHERE kind = 'refund' AND title = 'refunded' LIMIT 1`,
    ],
    [
      `UPDATE payment_logs SET data = REPLACE(data, '"from":"success"', '"from":"processing"')
       WHERE kind = 'refund' AND data LIKE '%"from":"success"%' LIMIT 1`,
    ],
  ],
  "Every end of a refund in a timeline belongs to a refund, with its amount.": [
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
  "A refund's status is the last end of its timeline.": [
    [
      pick("refund", "refunds", "status = 'success'"),
      `UPDATE refunds r JOIN payment_orders o ON o.id = r.order_id
       SET r.status = 'unknown', r.next_query_at = :now, o.refunded_minor = o.refunded_minor - r.amount_minor,
         o.refund_reserved_minor = o.refund_reserved_minor + r.amount_minor
       WHERE r.id = @refund`,
    ],
    [
      underWay,
      `UPDATE refunds r JOIN payment_orders o ON o.id = r.order_id
       SET r.status = 'success', r.next_query_at = NULL, o.refunded_minor = r.amount_minor, o.refund_reserved_minor = 0
       WHERE r.id = @refund`,
    ],
  ],
  "A failed refund says why, and no other does.": [
    ["UPDATE refunds SET refusal = NULL WHERE status = 'failed' LIMIT 1"],
    ["UPDATE refunds SET refusal = '{}' WHERE status = 'success' LIMIT 1"],
  ],
  "One refund per merchant and refund_no.": [
    [
      pick("other", "refunds", "status = 'success' AND refund_no IS NOT NULL"),
      "SELECT refund_no INTO @number FROM refunds WHERE id = @other",
      "UPDATE refunds SET refund_no = @number WHERE status = 'processing' LIMIT 1",
    ],
  ],
  "One refund per number at the provider.": [
    [
      pick("other", "refunds", "status = 'success'"),
      "SELECT provider_refund_no INTO @number FROM refunds WHERE id = @other",
      "UPDATE refunds SET provider_refund_no = @number WHERE status = 'processing' LIMIT 1",
    ],
  ],
  "One refund per order and id of the provider.": [
    [
      "SELECT MIN(id), MAX(id), order_id INTO @one, @two, @of FROM refunds WHERE refund_no IS NOT NULL GROUP BY order_id HAVING COUNT(*) > 1",
      "SELECT refund_id INTO @number FROM refunds WHERE id = @one",
      "UPDATE refunds SET refund_id = @number WHERE id = @two",
    ],
  ],
};

export const factPlants: Plants = {
  "Each end of a payment is told, unless the create itself was answered with it.": [
    [pick("task", "notify_queue", "event = 'payment.closed' AND status = 'success'"), ...dropTask],
    [
      pick("task", "notify_queue", "event = 'payment.success' AND status = 'success' AND generation = 1"),
      ...dropTask,
    ],
  ],
  "Each end of a refund is told, unless the call was answered with it.": [
    [pick("task", "notify_queue", "event = 'refund.success' AND status = 'success'"), ...dropTask],
    [pick("task", "notify_queue", "event = 'refund.failed' AND status = 'success'"), ...dropTask],
  ],
  "What is told of a payment is an end of it, from the same commit.": [
    [
      `UPDATE notify_queue SET created_at = created_at - INTERVAL 1 SECOND
       WHERE event = 'payment.success' AND status = 'success' LIMIT 1`,
    ],
    ["UPDATE payment_orders SET refusal = '{}' WHERE status = 'failed' AND refusal IS NULL LIMIT 1"],
  ],
  "What is told of a refund is an end of it, from the same commit.": [
    [
      `UPDATE notify_queue SET created_at = created_at - INTERVAL 1 SECOND
       WHERE event = 'refund.success' AND status = 'success' LIMIT 1`,
    ],
  ],
  "A series has its generations one after another, each once.": [
    [
      "SELECT subject_id INTO @subject FROM notify_queue WHERE generation = 2 LIMIT 1",
      "UPDATE notify_queue SET generation = 3 WHERE generation = 2 AND subject_id = @subject",
      "UPDATE notify_queue SET status = 'success' WHERE generation = 1 AND subject_id = @subject",
    ],
  ],
  "Exactly the newest generation of a series is not superseded.": [
    ["UPDATE notify_queue SET status = 'success' WHERE status = 'superseded' LIMIT 1"],
    ["UPDATE notify_queue SET status = 'superseded' WHERE status = 'success' AND generation = 2 LIMIT 1"],
  ],
  "All generations of a series have the same id, bytes, URL and merchant.": [
    ["UPDATE notify_queue SET payload = CONCAT(payload, ' ') WHERE generation = 2 LIMIT 1"],
    [
      `UPDATE notify_queue SET payload = REPLACE(payload, 'Green tea', 'green tea') WHERE generation = 2 LIMIT 1`,
    ],
  ],
  "No two facts share an id.": [
    [
      ...onlyTask,
      "SELECT event_id INTO @id FROM notify_queue WHERE id = @task",
      pick("other", "notify_queue", "event = 'refund.success'"),
      "UPDATE notify_queue SET payload = REPLACE(payload, event_id, @id) WHERE id = @other",
      "UPDATE notify_queue SET event_id = @id WHERE id = @other",
    ],
  ],
  "A payload tells the event, order, amount and status of its row.": [
    [...onlyTask, `UPDATE notify_queue SET payload = REPLACE(payload, '"CNY"', '"USD"') WHERE id = @task`],
    [
      ...onlyTask,
      `UPDATE notify_queue SET payload = REPLACE(payload, '"amount":', '"amount":9') WHERE id = @task`,
    ],
    [
      ...onlyTask,
      `UPDATE notify_queue SET payload = REPLACE(payload, '"status":"success"', '"status":"paid"') WHERE id = @task`,
    ],
    [
      ...onlyTask,
      `UPDATE notify_queue SET payload = REPLACE(payload, '"trade_no":"', '"trade_no":"x') WHERE id = @task`,
    ],
  ],
  "A payload about a refund tells its number, amount and status.": [
    [
      `UPDATE notify_queue SET payload = REPLACE(payload, '"refund_amount":', '"refund_amount":9')
       WHERE event = 'refund.success' LIMIT 1`,
    ],
    [
      `UPDATE notify_queue SET payload = REPLACE(payload, '"refund_status":"success"', '"refund_status":"failed"')
       WHERE event = 'refund.success' LIMIT 1`,
    ],
  ],
  "Each fact told of a payment names a version of its own, which the payment has had.": [
    [
      ...onlyTask,
      `UPDATE notify_queue SET payload = REPLACE(payload, '"version":', '"version":9') WHERE id = @task`,
    ],
    [
      pick("other", "notify_queue", "event = 'refund.success'"),
      "SELECT order_id INTO @of FROM notify_queue WHERE id = @other",
      `UPDATE notify_queue SET payload = REGEXP_REPLACE(payload, '"version":[0-9]+', '"version":2') WHERE order_id = @of`,
    ],
  ],
};

export const deliveryPlants: Plants = {
  "A notification is pending, sending, success, exhausted, held or superseded.": [
    ["UPDATE notify_queue SET status = 'lost' WHERE status = 'success' LIMIT 1"],
  ],
  "The status of a notification is what its last send came to.": [
    ["UPDATE notify_queue SET status = 'exhausted' WHERE status = 'success' LIMIT 1"],
    ["UPDATE notify_queue SET status = 'held' WHERE status = 'success' LIMIT 1"],
    ["UPDATE notify_queue SET status = 'success' WHERE status = 'exhausted' LIMIT 1"],
    ["UPDATE notify_queue SET status = 'success' WHERE status = 'held' LIMIT 1"],
    [
      `UPDATE notify_queue SET status = 'sending', lease_until = :now, due_at = created_at
       WHERE status = 'success' AND attempt = 1 LIMIT 1`,
    ],
    ["UPDATE notify_queue SET send_no = 1 WHERE status = 'pending' LIMIT 1"],
  ],
  "Exactly a notification that is being sent has a lease.": [
    ["UPDATE notify_queue SET lease_until = :now WHERE status = 'success' LIMIT 1"],
    ["UPDATE notify_queue SET lease_until = NULL WHERE status = 'sending' LIMIT 1"],
    ["UPDATE notify_queue SET lease_token = NULL WHERE status = 'sending' LIMIT 1"],
  ],
  "A send is under way, or has an outcome.": [
    ["UPDATE notify_attempts SET ended_at = NULL WHERE outcome = 'received' LIMIT 1"],
  ],
  "A send is recorded once.": [
    [
      `INSERT INTO notify_attempts (user_id, task_id, attempt, send_no, started_at, ended_at, outcome, http_status)
       SELECT user_id, task_id, attempt, send_no, started_at, ended_at, outcome, http_status FROM notify_attempts LIMIT 1`,
    ],
  ],
  "A series has at most six attempts.": [
    ["UPDATE notify_queue SET attempt = 7 WHERE status = 'superseded' LIMIT 1"],
  ],
  "An attempt begins only after the one before it has failed, and never early.": [
    ["UPDATE notify_attempts SET started_at = started_at - INTERVAL 3 SECOND WHERE attempt = 2 LIMIT 1"],
    ["DELETE FROM notify_attempts WHERE attempt = 2 LIMIT 1"],
  ],
  "The first attempt of a series does not begin before the series.": [
    [
      `UPDATE notify_attempts SET started_at = started_at - INTERVAL 1 HOUR
       WHERE attempt = 1 AND outcome = 'received' LIMIT 1`,
    ],
  ],
  "An attempt is due at once, or when the delay after the failed one is over.": [
    ["UPDATE notify_queue SET due_at = due_at + INTERVAL 1 SECOND WHERE status = 'sending' LIMIT 1"],
    ["UPDATE notify_queue SET due_at = due_at - INTERVAL 1 SECOND WHERE status = 'pending' LIMIT 1"],
    ["UPDATE notify_queue SET attempt = 3 WHERE status = 'pending' LIMIT 1"],
  ],
  "A send is repeated only after the lease of the one before it.": [
    ["UPDATE notify_attempts SET started_at = started_at - INTERVAL 2 SECOND WHERE send_no = 2 LIMIT 1"],
  ],
  "A send that has an outcome is the last of its attempt.": [
    [
      pick("task", "notify_queue", "status = 'sending' AND send_no = 2"),
      "UPDATE notify_attempts SET outcome = 'failed', ended_at = :now WHERE task_id = @task AND send_no = 1",
    ],
  ],
  "After the merchant has received it, or is gone, a series sends nothing more.": [
    [
      `INSERT INTO notify_attempts (user_id, task_id, attempt, send_no, started_at)
       SELECT user_id, task_id, attempt, send_no + 1, started_at + INTERVAL 46 SECOND
       FROM notify_attempts WHERE outcome = 'received' LIMIT 1`,
    ],
    [
      `INSERT INTO notify_attempts (user_id, task_id, attempt, send_no, started_at)
       SELECT user_id, task_id, attempt, send_no + 1, started_at + INTERVAL 46 SECOND
       FROM notify_attempts WHERE outcome = 'gone' LIMIT 1`,
    ],
  ],
  "At most ten sends to one endpoint are under way.": [
    [
      `UPDATE notify_queue SET status = 'sending', lease_token = UUID(), lease_until = :now, due_at = created_at
       WHERE status = 'success' AND attempt = 1 AND user_id = (SELECT MIN(id) FROM users) LIMIT 11`,
      `UPDATE notify_attempts a JOIN notify_queue n ON n.id = a.task_id SET a.outcome = NULL, a.ended_at = NULL
       WHERE n.status = 'sending'`,
    ],
  ],
  "A notification goes to the URL of its order and counts for that endpoint of its merchant.": [
    ["UPDATE notify_queue SET endpoint = REVERSE(endpoint) WHERE status = 'success' LIMIT 1"],
    [...onlyTask, "UPDATE payment_orders SET notify_url = UPPER(notify_url) WHERE id = @of"],
  ],
  "Nothing was ever answered by an address that is not public and stands in the URL itself.": [
    toUrl("https://10.0.0.1/notify"),
    toUrl("https://169.254.169.254/notify"),
  ],
  "A URL is https, or http to this very machine, and names no user.": [
    toUrl("http://shop.example/notify"),
    toUrl("https://user@shop.example/notify"),
  ],
};

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
};

const inLog = (text: string) => [
  `UPDATE payment_logs SET data = JSON_OBJECT('why', '${text}') WHERE kind = 'look_up' LIMIT 1`,
];

export const secretPlants: Plants = {
  "No secret stands in a timeline, an answer, a notification, an anomaly or an order.": [
    inLog("Invalid key ak_m1000000k0123abcd_0123456789abcdefghjkmnpqrstvwxyz0123456"),
    inLog("Invalid API Key provided: sk_live_51HxAbCdEfGhIjKl"),
    inLog("-----BEGIN RSA PRIVATE KEY-----"),
    ["UPDATE notify_attempts SET answer = 'seen: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' LIMIT 1"],
    ["UPDATE payment_attempts SET prepared = JSON_OBJECT('key', 'sk_test_51HxAbCdEfGhIjKl') LIMIT 1"],
  ],
  "Signing secrets and the bodies of webhooks are kept sealed.": [
    ["UPDATE webhook_events SET sealed_body = '{}' LIMIT 1"],
    ["UPDATE users SET notify_secrets = '[]' LIMIT 1"],
  ],
};

/** To be planted where everything has come to rest. */
export const restPlants: Plants = {
  "Every fact has been told to its end: success, exhausted, held or superseded.": [
    ["UPDATE notify_queue SET status = 'pending' WHERE status = 'success' LIMIT 1"],
    ["UPDATE notify_queue SET status = 'sending' WHERE status = 'success' LIMIT 1"],
  ],
  "No look-up of a payment or a refund is overdue.": [
    ["UPDATE payment_orders SET next_query_at = :now - INTERVAL 3 MINUTE WHERE status = 'success' LIMIT 1"],
    ["UPDATE refunds SET next_query_at = :now - INTERVAL 3 MINUTE WHERE status = 'processing' LIMIT 1"],
  ],
  "No payment is open past its expiry, unless the provider has started it.": [
    ["UPDATE payment_orders SET status = 'pending' WHERE status = 'closed' LIMIT 1"],
  ],
  "Nobody holds a lease on a create.": [
    ["UPDATE payment_attempts SET done = 0, lease_until = :now + INTERVAL 1 SECOND LIMIT 1"],
  ],
  "No capture is under way.": [
    [
      `UPDATE payment_orders SET capture_until = :now + INTERVAL 1 SECOND
       WHERE status = 'processing' AND provider_started = 1 LIMIT 1`,
    ],
  ],
  "The outcome of every refund is known, or the provider works on it.": [
    ["UPDATE refunds SET status = 'unknown' WHERE status = 'processing' LIMIT 1"],
  ],
  "The credentials of every active config are sealed.": [
    ["UPDATE payment_configs SET config_data = '{}' LIMIT 1"],
  ],
};
