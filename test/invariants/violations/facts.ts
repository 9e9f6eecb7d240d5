import { onlyTask, pick, type Violations } from "./violation.ts";

const dropTask = [
  "DELETE FROM delivery_attempts WHERE task_id = @task",
  "DELETE FROM deliveries WHERE id = @task",
];

export const factViolations: Violations = {
  "Every final status of a payment is notified, unless the create request itself returned it.": [
    [pick("task", "deliveries", "event = 'payment.closed' AND status = 'success'"), ...dropTask],
    [
      pick("task", "deliveries", "event = 'payment.success' AND status = 'success' AND generation = 1"),
      ...dropTask,
    ],
  ],
  "Every final status of a refund is notified, unless the refund request itself returned it.": [
    [pick("task", "deliveries", "event = 'refund.success' AND status = 'success'"), ...dropTask],
    [pick("task", "deliveries", "event = 'refund.failed' AND status = 'success'"), ...dropTask],
    [pick("task", "deliveries", "event = 'refund.success' AND generation = 2"), ...dropTask],
  ],
  "A payment notification belongs to a final status of its payment, from the same commit.": [
    [
      `UPDATE deliveries SET created_at = created_at - INTERVAL 1 SECOND
       WHERE event = 'payment.success' AND status = 'success' LIMIT 1`,
    ],
    [
      `UPDATE deliveries SET created_at = created_at + INTERVAL 1 SECOND
       WHERE event = 'payment.closed' LIMIT 1`,
    ],
  ],
  "A refund notification belongs to a final status of its refund, from the same commit.": [
    [
      `UPDATE deliveries SET created_at = created_at - INTERVAL 1 SECOND
       WHERE event = 'refund.success' AND status = 'success' LIMIT 1`,
    ],
  ],
  "The generations of a notification are numbered from 1 without gaps or repeats.": [
    [
      "SELECT subject_id INTO @subject FROM deliveries WHERE generation = 2 AND subject_type = 'payment' LIMIT 1",
      "UPDATE deliveries SET generation = 3 WHERE generation = 2 AND subject_id = @subject",
    ],
  ],
  "Exactly the older generations of a notification event are superseded.": [
    ["UPDATE deliveries SET status = 'success' WHERE status = 'superseded' LIMIT 1"],
    [
      "UPDATE deliveries SET status = 'superseded' WHERE status = 'success' AND generation = 2 AND subject_type = 'payment' LIMIT 1",
    ],
  ],
  "All generations of a notification event have the same payload bytes, URL and order.": [
    [
      "UPDATE deliveries SET payload = CONCAT(payload, ' ') WHERE generation = 2 AND subject_type = 'payment' LIMIT 1",
    ],
    [
      `UPDATE deliveries SET payload = REPLACE(payload, 'Green tea', 'green tea') WHERE generation = 2 AND subject_type = 'payment' LIMIT 1`,
    ],
  ],
  "No two notification events have the same event_id.": [
    [
      ...onlyTask,
      "SELECT event_id INTO @id FROM deliveries WHERE id = @task",
      pick("other", "deliveries", "event = 'refund.success'"),
      "UPDATE deliveries SET payload = REPLACE(payload, event_id, @id) WHERE id = @other",
      "UPDATE deliveries SET event_id = @id WHERE id = @other",
    ],
  ],
  "A notification's payload holds the event, order, amount and status of its row.": [
    [...onlyTask, `UPDATE deliveries SET payload = REPLACE(payload, '"CNY"', '"USD"') WHERE id = @task`],
    [
      ...onlyTask,
      `UPDATE deliveries SET payload = REPLACE(payload, '"amount":', '"amount":9') WHERE id = @task`,
    ],
    [
      ...onlyTask,
      `UPDATE deliveries SET payload = REPLACE(payload, '"status":"success"', '"status":"paid"') WHERE id = @task`,
    ],
    [
      ...onlyTask,
      `UPDATE deliveries SET payload = REPLACE(payload, '"trade_no":"', '"trade_no":"x') WHERE id = @task`,
    ],
  ],
  "A refund notification's payload holds the refund's number, amount and status.": [
    [
      `UPDATE deliveries SET payload = REPLACE(payload, '"refund_amount":', '"refund_amount":9')
       WHERE event = 'refund.success' LIMIT 1`,
    ],
    [
      `UPDATE deliveries SET payload = REPLACE(payload, '"refund_status":"success"', '"refund_status":"failed"')
       WHERE event = 'refund.success' LIMIT 1`,
    ],
  ],
  "Every notification event of a payment has a different version, which the payment has reached.": [
    [
      ...onlyTask,
      `UPDATE deliveries SET payload = REPLACE(payload, '"version":', '"version":9') WHERE id = @task`,
    ],
    [
      pick("other", "deliveries", "event = 'refund.success'"),
      "SELECT order_id INTO @of FROM deliveries WHERE id = @other",
      `UPDATE deliveries SET payload = REGEXP_REPLACE(payload, '"version":[0-9]+', '"version":2') WHERE order_id = @of`,
    ],
  ],
};
