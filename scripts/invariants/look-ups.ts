import type { Invariant } from "./invariant.ts";

/** A person was told of it, as of every repetition that goes on for a day. */
const isTold = (orderNo: string) =>
  `EXISTS (SELECT 1 FROM anomalies told WHERE told.order_no = ${orderNo} AND told.kind LIKE '%\\_stuck')`;

/** What holds of the way back where every webhook is lost. */
export const lookUpInvariants: readonly Invariant[] = [
  {
    invariant: 1,
    name: "A payment that is not final will be asked about, past its expiry too, until a person was told of it for a week, or its account was silent for eight days.",
    sql: `
      SELECT order_no, status FROM payment_orders o
      WHERE status IN ('processing', 'pending') AND next_query_at IS NULL
        AND NOT (created_at <= :now - INTERVAL 8 DAY AND ${isTold("o.order_no")})
        AND NOT COALESCE(GREATEST(unanswered_since, expires_at) <= :now - INTERVAL 8 DAY, 0)`,
  },
  {
    // A person is told: whether the anomaly is open or was resolved with a note.
    invariant: 21,
    name: "For each account that has been silent for eight days there is one anomaly of its config.",
    sql: `
      SELECT o.order_no, o.config_id FROM payment_orders o
      WHERE o.status IN ('processing', 'pending') AND o.next_query_at IS NULL
        AND GREATEST(o.unanswered_since, o.expires_at) <= :now - INTERVAL 8 DAY
        AND 1 <> (SELECT COUNT(*) FROM anomalies a WHERE a.config_id = o.config_id AND a.kind = 'config_unreachable')`,
  },
  {
    invariant: 1,
    name: "No look-up of an open payment is further away than a quarter of an hour, or an hour once it is started or a day too old.",
    sql: `
      SELECT order_no, status, provider_started, next_query_at FROM payment_orders
      WHERE status IN ('processing', 'pending')
        AND next_query_at > :now + INTERVAL IF(provider_started = 1
          OR IF(payable IS NULL, created_at, expires_at) <= :now - INTERVAL 1 DAY, 60, 15) MINUTE`,
  },
  {
    invariant: 1,
    name: "An ended payment is asked about again within an hour, a closed one a day after its end, a paid one a day and a week after it, or never.",
    sql: `
      SELECT order_no, status, closed_at, quiet_from, next_query_at FROM payment_orders
      WHERE status IN ('success', 'failed', 'closed') AND next_query_at > :now + INTERVAL 1 HOUR
        AND (status <> 'closed' OR next_query_at > closed_at + INTERVAL 1 DAY)
        AND COALESCE(status <> 'success'
          OR next_query_at NOT IN (quiet_from + INTERVAL 1 DAY, quiet_from + INTERVAL 7 DAY), 1) = 1`,
  },
  {
    invariant: 7,
    name: "A refund that is not final will be asked about for eight days, and each that is asked about within an hour.",
    sql: `
      SELECT r.id AS refund, r.refund_no, r.status, r.next_query_at FROM refunds r
      JOIN payment_orders o ON o.id = r.order_id
      WHERE (r.status IN ('processing', 'unknown') AND r.next_query_at IS NULL
          AND NOT (r.created_at <= :now - INTERVAL 8 DAY AND ${isTold("o.order_no")}))
        OR r.next_query_at > :now + INTERVAL 1 HOUR`,
  },
];
