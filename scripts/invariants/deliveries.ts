import { leaseSeconds } from "../../lib/deliveries/deliver.ts";
import { mostAttempts, nextDue } from "../../lib/domain/delivery-schedule.ts";
import { earlyMs } from "../../lib/domain/wake-up.ts";
import { mostInFlight } from "../../lib/storage/deliveries/claim-delivery.ts";
import type { DeliveryStatus } from "../../lib/storage/tables.ts";
import { type Invariant, listOf } from "./invariant.ts";

const statuses: readonly DeliveryStatus[] = [
  "pending",
  "sending",
  "success",
  "exhausted",
  "held",
  "superseded",
];
const outcomes = ["received", "gone", "failed"];

/** Seconds to wait after each failed attempt except the last. */
const delays = Array.from(
  { length: mostAttempts - 1 },
  (_, index) => nextDue(index + 1, new Date(0))!.getTime() / 1000,
);
const dueAfter = (failed: string) =>
  `${failed}.ended_at + INTERVAL ELT(${failed}.attempt, ${delays.join(", ")}) SECOND`;
const earlySeconds = earlyMs / 1000;

/** Invariants of deliveries, their attempts and their sends. */
export const deliveryInvariants: readonly Invariant[] = [
  {
    invariant: "notified-once",
    name: "A delivery is pending, sending, success, exhausted, held or superseded.",
    sql: `SELECT id AS task, status FROM deliveries WHERE status NOT IN (${listOf(statuses)})`,
  },
  {
    invariant: "notified-once",
    name: "A delivery's status agrees with the outcome of its last send.",
    sql: `
      SELECT n.id AS task, n.status, n.attempt, n.try_no, a.outcome, a.ended_at FROM deliveries n
      LEFT JOIN delivery_attempts a ON a.task_id = n.id AND a.attempt = n.attempt AND a.try_no = n.try_no
      WHERE CASE n.status
        WHEN 'pending' THEN n.try_no <> 0
        WHEN 'sending' THEN a.id IS NULL OR a.outcome IS NOT NULL
        WHEN 'success' THEN COALESCE(a.outcome, '') <> 'received'
        WHEN 'exhausted' THEN COALESCE(a.outcome, '') <> 'failed' OR n.attempt < ${mostAttempts}
        WHEN 'held' THEN n.try_no <> 0 AND COALESCE(a.outcome, '') <> 'gone'
        ELSE FALSE END`,
  },
  {
    invariant: "attempts-in-turn",
    name: "A delivery has a lease if, and only if, it is being sent.",
    sql: `
      SELECT id AS task, status, lease_until FROM deliveries
      WHERE IF(status = 'sending', lease_until IS NULL OR lease_token IS NULL, lease_until IS NOT NULL)`,
  },
  {
    invariant: "attempts-in-turn",
    name: "A send is under way, or has an end time and a known outcome.",
    sql: `
      SELECT task_id AS task, attempt, try_no, ended_at, outcome FROM delivery_attempts
      WHERE (ended_at IS NULL) <> (outcome IS NULL) OR outcome NOT IN (${listOf(outcomes)})`,
  },
  {
    invariant: "attempts-in-turn",
    name: "A send is recorded once.",
    sql: `
      SELECT task_id AS task, attempt, try_no, COUNT(*) AS sends FROM delivery_attempts
      GROUP BY task_id, attempt, try_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: "attempts-in-turn",
    name: "A delivery has at most six attempts.",
    sql: `
      SELECT id AS task, attempt FROM deliveries WHERE attempt NOT BETWEEN 1 AND ${mostAttempts}
      UNION SELECT task_id, attempt FROM delivery_attempts WHERE attempt NOT BETWEEN 1 AND ${mostAttempts}`,
  },
  {
    invariant: "attempts-in-turn",
    name: "An attempt starts only after the previous one has failed and its delay has passed.",
    sql: `
      SELECT a.task_id AS task, a.attempt, a.started_at, failed.ended_at AS failed_at FROM delivery_attempts a
      LEFT JOIN delivery_attempts failed ON failed.task_id = a.task_id AND failed.attempt + 1 = a.attempt
        AND failed.outcome = 'failed'
      WHERE a.attempt > 1 AND a.try_no = 1
        AND COALESCE(a.started_at >= ${dueAfter("failed")} - INTERVAL ${earlySeconds} SECOND, 0) = 0`,
  },
  {
    invariant: "attempts-in-turn",
    name: "The first attempt of a delivery does not start before the delivery was created.",
    sql: `
      SELECT n.id AS task, n.created_at, a.started_at FROM delivery_attempts a JOIN deliveries n ON n.id = a.task_id
      WHERE a.attempt = 1 AND a.started_at < n.created_at - INTERVAL ${earlySeconds} SECOND`,
  },
  {
    invariant: "attempts-in-turn",
    name: "The first attempt of a delivery is due at once, a later one after the delay since the failed one.",
    sql: `
      SELECT n.id AS task, n.attempt, n.due_at, failed.ended_at AS failed_at FROM deliveries n
      LEFT JOIN delivery_attempts failed ON failed.task_id = n.id AND failed.attempt + 1 = n.attempt
        AND failed.outcome = 'failed'
      WHERE n.status IN ('pending', 'sending')
        AND NOT (n.due_at <=> IF(n.attempt = 1, n.created_at, ${dueAfter("failed")}))`,
  },
  {
    invariant: "attempts-in-turn",
    name: "An attempt is sent again only after the lease of its previous send has expired.",
    sql: `
      SELECT a.task_id AS task, a.attempt, a.try_no, a.started_at, before_it.started_at AS sent_before
      FROM delivery_attempts a LEFT JOIN delivery_attempts before_it
        ON before_it.task_id = a.task_id AND before_it.attempt = a.attempt AND before_it.try_no + 1 = a.try_no
      WHERE a.try_no <> 1
        AND COALESCE(a.started_at > before_it.started_at + INTERVAL ${leaseSeconds} SECOND, 0) = 0`,
  },
  {
    invariant: "attempts-in-turn",
    name: "A send with an outcome is the last send of its attempt.",
    sql: `
      SELECT ended.task_id AS task, ended.attempt, ended.try_no, later.try_no AS later
      FROM delivery_attempts ended JOIN delivery_attempts later
        ON later.task_id = ended.task_id AND later.attempt = ended.attempt AND later.try_no > ended.try_no
      WHERE ended.outcome = 'failed'`,
  },
  {
    invariant: "quiet-after-received",
    name: "A delivery is not sent again after the merchant has received it or answered 410.",
    sql: `
      SELECT ended.task_id AS task, ended.outcome, later.attempt, later.try_no
      FROM delivery_attempts ended JOIN delivery_attempts later ON later.task_id = ended.task_id
        AND (later.attempt > ended.attempt OR (later.attempt = ended.attempt AND later.try_no > ended.try_no))
      WHERE ended.outcome IN ('received', 'gone')`,
  },
  {
    invariant: "fair-deliveries",
    name: "At most ten sends to one endpoint are under way.",
    sql: `
      SELECT endpoint, COUNT(*) AS sends FROM deliveries WHERE status = 'sending' AND lease_until >= :now
      GROUP BY endpoint HAVING COUNT(*) > ${mostInFlight}`,
  },
  {
    invariant: "fair-deliveries",
    name: "A delivery goes to its order's notify_url and counts toward that endpoint of its merchant.",
    sql: `
      SELECT n.id AS task, n.user_id, n.url, n.endpoint FROM deliveries n
      LEFT JOIN payment_orders o ON o.id = n.order_id
      WHERE n.endpoint <> SHA2(CONCAT(n.user_id, '\\n', n.url), 256)
        OR COALESCE(CAST(n.url AS BINARY) = CAST(o.notify_url AS BINARY), 0) = 0`,
  },
  {
    // An address that is refused before the connection leaves http_status NULL.
    invariant: "public-endpoints-only",
    name: "No notify URL that holds a non-public IPv4 address has ever returned a response.",
    sql: `
      SELECT n.id AS task, n.url, a.attempt, a.http_status
      FROM deliveries n JOIN delivery_attempts a ON a.task_id = n.id
      WHERE a.http_status IS NOT NULL
        AND n.url REGEXP '^https://(0|10|127|169[.]254|172[.](1[6-9]|2[0-9]|3[01])|192[.]168|100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))[.]'`,
  },
  {
    invariant: "public-endpoints-only",
    name: "A notify URL is https, or http to loopback, and holds no user name.",
    sql: `
      SELECT id AS task, url FROM deliveries
      WHERE NOT (url REGEXP '^(https://|http://(127[.]|localhost[:/]))' OR url LIKE 'http://[::1]%')
        OR url REGEXP '^[a-z]+://[^/?#]*@'`,
  },
];
