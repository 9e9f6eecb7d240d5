import { onlyTask, type Plants, pick } from "./plant.ts";

const dropTask = [
  "DELETE FROM notify_attempts WHERE task_id = @task",
  "DELETE FROM notify_queue WHERE id = @task",
];

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
    [pick("task", "notify_queue", "event = 'refund.success' AND generation = 2"), ...dropTask],
  ],
  "What is told of a payment is an end of it, from the same commit.": [
    [
      `UPDATE notify_queue SET created_at = created_at - INTERVAL 1 SECOND
       WHERE event = 'payment.success' AND status = 'success' LIMIT 1`,
    ],
    [
      `UPDATE notify_queue SET created_at = created_at + INTERVAL 1 SECOND
       WHERE event = 'payment.closed' LIMIT 1`,
    ],
  ],
  "What is told of a refund is an end of it, from the same commit.": [
    [
      `UPDATE notify_queue SET created_at = created_at - INTERVAL 1 SECOND
       WHERE event = 'refund.success' AND status = 'success' LIMIT 1`,
    ],
  ],
  "A series has its generations one after another, each once.": [
    [
      "SELECT subject_id INTO @subject FROM notify_queue WHERE generation = 2 AND subject_type = 'payment' LIMIT 1",
      "UPDATE notify_queue SET generation = 3 WHERE generation = 2 AND subject_id = @subject",
    ],
  ],
  "Exactly the newest generation of an event is not superseded.": [
    ["UPDATE notify_queue SET status = 'success' WHERE status = 'superseded' LIMIT 1"],
    [
      "UPDATE notify_queue SET status = 'superseded' WHERE status = 'success' AND generation = 2 AND subject_type = 'payment' LIMIT 1",
    ],
  ],
  "All generations of an event have the same bytes, URL and order.": [
    [
      "UPDATE notify_queue SET payload = CONCAT(payload, ' ') WHERE generation = 2 AND subject_type = 'payment' LIMIT 1",
    ],
    [
      `UPDATE notify_queue SET payload = REPLACE(payload, 'Green tea', 'green tea') WHERE generation = 2 AND subject_type = 'payment' LIMIT 1`,
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
