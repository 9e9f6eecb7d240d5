import { leaseSeconds } from "../../lib/notify/deliver.ts";
import { mostAttempts, nextDue } from "../../lib/notify/schedule.ts";
import { earlyMs } from "../../lib/payment/hint-time.ts";
import { mostInFlight } from "../../lib/storage/claim-delivery.ts";
import type { NotifyStatus } from "../../lib/storage/tables.ts";
import { type Invariant, listOf } from "./invariant.ts";

const statuses: readonly NotifyStatus[] = [
  "pending",
  "sending",
  "success",
  "exhausted",
  "held",
  "superseded",
];
const outcomes = ["received", "gone", "failed"];

/** Seconds to wait after each attempt but the last. */
const delays = Array.from(
  { length: mostAttempts - 1 },
  (_, index) => nextDue(index + 1, new Date(0))!.getTime() / 1000,
);
const dueAfter = (failed: string) =>
  `${failed}.ended_at + INTERVAL ELT(${failed}.attempt, ${delays.join(", ")}) SECOND`;
const earlySeconds = earlyMs / 1000;

/** What holds of the sends of a series. */
export const deliveryInvariants: readonly Invariant[] = [
  {
    invariant: 8,
    name: "A notification is pending, sending, success, exhausted, held or superseded.",
    sql: `SELECT id AS task, status FROM notify_queue WHERE status NOT IN (${listOf(statuses)})`,
  },
  {
    invariant: 8,
    name: "The status of a notification is what its last send came to.",
    sql: `
      SELECT n.id AS task, n.status, n.attempt, n.send_no, a.outcome, a.ended_at FROM notify_queue n
      LEFT JOIN notify_attempts a ON a.task_id = n.id AND a.attempt = n.attempt AND a.send_no = n.send_no
      WHERE CASE n.status
        WHEN 'pending' THEN n.send_no <> 0
        WHEN 'sending' THEN a.id IS NULL OR a.outcome IS NOT NULL
        WHEN 'success' THEN COALESCE(a.outcome, '') <> 'received'
        WHEN 'exhausted' THEN COALESCE(a.outcome, '') <> 'failed' OR n.attempt < ${mostAttempts}
        WHEN 'held' THEN n.send_no <> 0 AND COALESCE(a.outcome, '') <> 'gone'
        ELSE FALSE END`,
  },
  {
    invariant: 9,
    name: "Exactly a notification that is being sent has a lease.",
    sql: `
      SELECT id AS task, status, lease_until FROM notify_queue
      WHERE IF(status = 'sending', lease_until IS NULL OR lease_token IS NULL, lease_until IS NOT NULL)`,
  },
  {
    invariant: 9,
    name: "A send is under way, or has an outcome.",
    sql: `
      SELECT task_id AS task, attempt, send_no, ended_at, outcome FROM notify_attempts
      WHERE (ended_at IS NULL) <> (outcome IS NULL) OR outcome NOT IN (${listOf(outcomes)})`,
  },
  {
    invariant: 9,
    name: "A send is recorded once.",
    sql: `
      SELECT task_id AS task, attempt, send_no, COUNT(*) AS sends FROM notify_attempts
      GROUP BY task_id, attempt, send_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: 9,
    name: "A series has at most six attempts.",
    sql: `
      SELECT id AS task, attempt FROM notify_queue WHERE attempt NOT BETWEEN 1 AND ${mostAttempts}
      UNION SELECT task_id, attempt FROM notify_attempts WHERE attempt NOT BETWEEN 1 AND ${mostAttempts}`,
  },
  {
    invariant: 9,
    name: "An attempt begins only after the one before it has failed, and never early.",
    sql: `
      SELECT a.task_id AS task, a.attempt, a.started_at, failed.ended_at AS failed_at FROM notify_attempts a
      LEFT JOIN notify_attempts failed ON failed.task_id = a.task_id AND failed.attempt + 1 = a.attempt
        AND failed.outcome = 'failed'
      WHERE a.attempt > 1 AND a.send_no = 1
        AND COALESCE(a.started_at >= ${dueAfter("failed")} - INTERVAL ${earlySeconds} SECOND, 0) = 0`,
  },
  {
    invariant: 9,
    name: "The first attempt of a series does not begin before the series.",
    sql: `
      SELECT n.id AS task, n.created_at, a.started_at FROM notify_attempts a JOIN notify_queue n ON n.id = a.task_id
      WHERE a.attempt = 1 AND a.started_at < n.created_at - INTERVAL ${earlySeconds} SECOND`,
  },
  {
    invariant: 9,
    name: "An attempt is due at once, or when the delay after the failed one is over.",
    sql: `
      SELECT n.id AS task, n.attempt, n.due_at, failed.ended_at AS failed_at FROM notify_queue n
      LEFT JOIN notify_attempts failed ON failed.task_id = n.id AND failed.attempt + 1 = n.attempt
        AND failed.outcome = 'failed'
      WHERE n.status IN ('pending', 'sending')
        AND NOT (n.due_at <=> IF(n.attempt = 1, n.created_at, ${dueAfter("failed")}))`,
  },
  {
    invariant: 9,
    name: "A send is repeated only after the lease of the one before it.",
    sql: `
      SELECT a.task_id AS task, a.attempt, a.send_no, a.started_at, before_it.started_at AS sent_before
      FROM notify_attempts a LEFT JOIN notify_attempts before_it
        ON before_it.task_id = a.task_id AND before_it.attempt = a.attempt AND before_it.send_no + 1 = a.send_no
      WHERE a.send_no <> 1
        AND COALESCE(a.started_at > before_it.started_at + INTERVAL ${leaseSeconds} SECOND, 0) = 0`,
  },
  {
    invariant: 9,
    name: "A send that has an outcome is the last of its attempt.",
    sql: `
      SELECT ended.task_id AS task, ended.attempt, ended.send_no, later.send_no AS later
      FROM notify_attempts ended JOIN notify_attempts later
        ON later.task_id = ended.task_id AND later.attempt = ended.attempt AND later.send_no > ended.send_no
      WHERE ended.outcome = 'failed'`,
  },
  {
    invariant: 10,
    name: "After the merchant has received it, or is gone, a series sends nothing more.",
    sql: `
      SELECT ended.task_id AS task, ended.outcome, later.attempt, later.send_no
      FROM notify_attempts ended JOIN notify_attempts later ON later.task_id = ended.task_id
        AND (later.attempt > ended.attempt OR (later.attempt = ended.attempt AND later.send_no > ended.send_no))
      WHERE ended.outcome IN ('received', 'gone')`,
  },
  {
    invariant: 12,
    name: "At most ten sends to one endpoint are under way.",
    sql: `
      SELECT endpoint, COUNT(*) AS sends FROM notify_queue WHERE status = 'sending' AND lease_until >= :now
      GROUP BY endpoint HAVING COUNT(*) > ${mostInFlight}`,
  },
  {
    invariant: 12,
    name: "A notification goes to the URL of its order and counts for that endpoint of its merchant.",
    sql: `
      SELECT n.id AS task, n.user_id, n.url, n.endpoint FROM notify_queue n
      LEFT JOIN payment_orders o ON o.id = n.order_id
      WHERE n.endpoint <> SHA2(CONCAT(n.user_id, '\\n', n.url), 256)
        OR COALESCE(CAST(n.url AS BINARY) = CAST(o.notify_url AS BINARY), 0) = 0`,
  },
  {
    // What is refused before a connection has no status.
    invariant: 13,
    name: "Nothing was ever answered by an address that is not public and stands in the URL itself.",
    sql: `
      SELECT n.id AS task, n.url, a.attempt, a.http_status
      FROM notify_queue n JOIN notify_attempts a ON a.task_id = n.id
      WHERE a.http_status IS NOT NULL
        AND n.url REGEXP '^https://(0|10|127|169[.]254|172[.](1[6-9]|2[0-9]|3[01])|192[.]168|100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))[.]'`,
  },
  {
    invariant: 13,
    name: "A URL is https, or http to this very machine, and names no user.",
    sql: `
      SELECT id AS task, url FROM notify_queue
      WHERE NOT (url REGEXP '^(https://|http://(127[.]|localhost[:/]))' OR url LIKE 'http://[::1]%')
        OR url REGEXP '^[a-z]+://[^/?#]*@'`,
  },
];
