import { onlyTask, type Plants, pick } from "./plant.ts";

const toUrl = (url: string) => [
  ...onlyTask,
  `UPDATE notify_queue SET url = '${url}', endpoint = SHA2(CONCAT(user_id, '\\n', '${url}'), 256) WHERE id = @task`,
  `UPDATE payment_orders SET notify_url = '${url}' WHERE id = @of`,
];
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
