import { onlyTask, pick, type Violations } from "./violation.ts";

const toUrl = (url: string) => [
  ...onlyTask,
  `UPDATE deliveries SET url = '${url}', endpoint = SHA2(CONCAT(user_id, '\\n', '${url}'), 256) WHERE id = @task`,
  `UPDATE payment_orders SET notify_url = '${url}' WHERE id = @of`,
];
export const deliveryViolations: Violations = {
  "A delivery is pending, sending, success, exhausted, held or superseded.": [
    ["UPDATE deliveries SET status = 'lost' WHERE status = 'success' LIMIT 1"],
  ],
  "A delivery's status agrees with the outcome of its last send.": [
    ["UPDATE deliveries SET status = 'exhausted' WHERE status = 'success' LIMIT 1"],
    ["UPDATE deliveries SET status = 'held' WHERE status = 'success' LIMIT 1"],
    ["UPDATE deliveries SET status = 'success' WHERE status = 'exhausted' LIMIT 1"],
    ["UPDATE deliveries SET status = 'success' WHERE status = 'held' LIMIT 1"],
    [
      `UPDATE deliveries SET status = 'sending', lease_until = :now, due_at = created_at
       WHERE status = 'success' AND attempt = 1 LIMIT 1`,
    ],
    ["UPDATE deliveries SET try_no = 1 WHERE status = 'pending' LIMIT 1"],
  ],
  "A delivery has a lease if, and only if, it is being sent.": [
    ["UPDATE deliveries SET lease_until = :now WHERE status = 'success' LIMIT 1"],
    ["UPDATE deliveries SET lease_until = NULL WHERE status = 'sending' LIMIT 1"],
    ["UPDATE deliveries SET lease_token = NULL WHERE status = 'sending' LIMIT 1"],
  ],
  "A send is under way, or has an end time and a known outcome.": [
    ["UPDATE delivery_attempts SET ended_at = NULL WHERE outcome = 'received' LIMIT 1"],
  ],
  "A send is recorded once.": [
    [
      `INSERT INTO delivery_attempts (user_id, task_id, attempt, try_no, started_at, ended_at, outcome, http_status)
       SELECT user_id, task_id, attempt, try_no, started_at, ended_at, outcome, http_status FROM delivery_attempts LIMIT 1`,
    ],
  ],
  "A delivery has at most six attempts.": [
    ["UPDATE deliveries SET attempt = 7 WHERE status = 'superseded' LIMIT 1"],
  ],
  "An attempt starts only after the previous one has failed and its delay has passed.": [
    ["UPDATE delivery_attempts SET started_at = started_at - INTERVAL 3 SECOND WHERE attempt = 2 LIMIT 1"],
    ["DELETE FROM delivery_attempts WHERE attempt = 2 LIMIT 1"],
  ],
  "The first attempt of a delivery does not start before the delivery was created.": [
    [
      `UPDATE delivery_attempts SET started_at = started_at - INTERVAL 1 HOUR
       WHERE attempt = 1 AND outcome = 'received' LIMIT 1`,
    ],
  ],
  "The first attempt of a delivery is due at once, a later one after the delay since the failed one.": [
    ["UPDATE deliveries SET due_at = due_at + INTERVAL 1 SECOND WHERE status = 'sending' LIMIT 1"],
    ["UPDATE deliveries SET due_at = due_at - INTERVAL 1 SECOND WHERE status = 'pending' LIMIT 1"],
    ["UPDATE deliveries SET attempt = 3 WHERE status = 'pending' LIMIT 1"],
  ],
  "An attempt is sent again only after the lease of its previous send has expired.": [
    ["UPDATE delivery_attempts SET started_at = started_at - INTERVAL 2 SECOND WHERE try_no = 2 LIMIT 1"],
  ],
  "A send with an outcome is the last send of its attempt.": [
    [
      pick("task", "deliveries", "status = 'sending' AND try_no = 2"),
      "UPDATE delivery_attempts SET outcome = 'failed', ended_at = :now WHERE task_id = @task AND try_no = 1",
    ],
  ],
  "A delivery is not sent again after the merchant has received it or answered 410.": [
    [
      `INSERT INTO delivery_attempts (user_id, task_id, attempt, try_no, started_at)
       SELECT user_id, task_id, attempt, try_no + 1, started_at + INTERVAL 46 SECOND
       FROM delivery_attempts WHERE outcome = 'received' LIMIT 1`,
    ],
    [
      `INSERT INTO delivery_attempts (user_id, task_id, attempt, try_no, started_at)
       SELECT user_id, task_id, attempt, try_no + 1, started_at + INTERVAL 46 SECOND
       FROM delivery_attempts WHERE outcome = 'gone' LIMIT 1`,
    ],
  ],
  "At most ten sends to one endpoint are under way.": [
    [
      `UPDATE deliveries SET status = 'sending', lease_token = UUID(), lease_until = :now, due_at = created_at
       WHERE status = 'success' AND attempt = 1 AND user_id = (SELECT MIN(id) FROM users) LIMIT 11`,
      `UPDATE delivery_attempts a JOIN deliveries n ON n.id = a.task_id SET a.outcome = NULL, a.ended_at = NULL
       WHERE n.status = 'sending'`,
    ],
  ],
  "A delivery goes to its order's notify_url and counts toward that endpoint of its merchant.": [
    ["UPDATE deliveries SET endpoint = REVERSE(endpoint) WHERE status = 'success' LIMIT 1"],
    [...onlyTask, "UPDATE payment_orders SET notify_url = UPPER(notify_url) WHERE id = @of"],
  ],
  "No notify URL that holds a non-public IPv4 address has ever returned a response.": [
    toUrl("https://10.0.0.1/notify"),
    toUrl("https://169.254.169.254/notify"),
  ],
  "A notify URL is https, or http to loopback, and holds no user name.": [
    toUrl("http://shop.example/notify"),
    toUrl("https://user@shop.example/notify"),
  ],
};
