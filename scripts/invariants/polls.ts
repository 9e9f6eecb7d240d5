import type { Invariant } from "./invariant.ts";

/** The order has an anomaly of a kind `…_stuck`, as every order that is still polled after a day too long has. */
const isNotified = (orderNo: string) =>
  `EXISTS (SELECT 1 FROM anomalies told WHERE told.order_no = ${orderNo} AND told.kind LIKE '%\\_stuck')`;

/** Invariants of polling, by which a payment's outcome is found even if every webhook is lost. */
export const pollInvariants: readonly Invariant[] = [
  {
    invariant: "found-without-webhooks",
    name: "An open payment has a next poll until it was stuck for a week or its account unresponsive for eight days.",
    sql: `
      SELECT order_no, status FROM payment_orders o
      WHERE status IN ('processing', 'pending') AND next_poll_at IS NULL
        AND NOT (created_at <= :now - INTERVAL 8 DAY AND ${isNotified("o.order_no")})
        AND NOT COALESCE(GREATEST(unanswered_since, expires_at) <= :now - INTERVAL 8 DAY, 0)`,
  },
  {
    // An anomaly counts whether it is open or was resolved with a note.
    invariant: "nothing-stuck-silently",
    name: "An account that has not responded for eight days has exactly one anomaly, of its config.",
    sql: `
      SELECT o.order_no, o.config_id FROM payment_orders o
      WHERE o.status IN ('processing', 'pending') AND o.next_poll_at IS NULL
        AND GREATEST(o.unanswered_since, o.expires_at) <= :now - INTERVAL 8 DAY
        AND 1 <> (SELECT COUNT(*) FROM anomalies a WHERE a.config_id = o.config_id AND a.kind = 'config_unreachable')`,
  },
  {
    invariant: "found-without-webhooks",
    name: "An open payment's next poll is within 15 minutes; in transit or a day overdue, within an hour.",
    sql: `
      SELECT order_no, state, next_poll_at FROM payment_orders
      WHERE status IN ('processing', 'pending')
        AND next_poll_at > :now + INTERVAL IF(state = 'in_transit'
          OR IF(payable IS NULL, created_at, expires_at) <= :now - INTERVAL 1 DAY, 60, 15) MINUTE`,
  },
  {
    invariant: "found-without-webhooks",
    name: "A next poll of an ended payment is within an hour, a day after a close, or 1 or 7 days after a success.",
    sql: `
      SELECT order_no, status, closed_at, quiet_from, next_poll_at FROM payment_orders
      WHERE status IN ('success', 'failed', 'closed') AND next_poll_at > :now + INTERVAL 1 HOUR
        AND (status <> 'closed' OR next_poll_at > closed_at + INTERVAL 1 DAY)
        AND COALESCE(status <> 'success'
          OR next_poll_at NOT IN (quiet_from + INTERVAL 1 DAY, quiet_from + INTERVAL 7 DAY), 1) = 1`,
  },
  {
    invariant: "refunds-within-payment",
    name: "An open refund has a next poll until it was stuck for a week, and every next poll is within an hour.",
    sql: `
      SELECT r.id AS refund, r.refund_no, r.status, r.next_poll_at FROM refunds r
      JOIN payment_orders o ON o.id = r.order_id
      WHERE (r.status IN ('processing', 'unknown') AND r.next_poll_at IS NULL
          AND NOT (r.created_at <= :now - INTERVAL 8 DAY AND ${isNotified("o.order_no")}))
        OR r.next_poll_at > :now + INTERVAL 1 HOUR`,
  },
];
