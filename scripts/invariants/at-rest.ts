import type { Invariant } from "./invariant.ts";

/** The sweeper comes every minute, and what it hints is done within another. */
const reachSeconds = 120;
const longestGapMinutes = 15;

/**
 * What holds besides when nothing is under way, every fault is over and time has passed for what was due: series tried to
 * their end, look-ups made.
 */
export const restInvariants: readonly Invariant[] = [
  {
    invariant: 8,
    name: "Every fact has been told to its end: success, exhausted, held or superseded.",
    sql: `
      SELECT id AS task, event, status, attempt, due_at, lease_until FROM notify_queue
      WHERE status IN ('pending', 'sending')`,
  },
  {
    invariant: 1,
    name: "No look-up of a payment or a refund is overdue.",
    sql: `
      SELECT order_no AS of_order, NULL AS of_refund, next_query_at FROM payment_orders
      WHERE next_query_at < :now - INTERVAL ${reachSeconds} SECOND
      UNION ALL SELECT order_id, id, next_query_at FROM refunds
      WHERE next_query_at < :now - INTERVAL ${reachSeconds} SECOND`,
  },
  {
    invariant: 1,
    name: "No payment is open past its expiry, unless the provider has started it or does not answer any more.",
    sql: `
      SELECT order_no, status, expires_at FROM payment_orders
      WHERE status IN ('processing', 'pending') AND provider_started = 0 AND next_query_at IS NOT NULL
        AND expires_at < :now - INTERVAL ${longestGapMinutes * 60 + reachSeconds} SECOND`,
  },
  {
    invariant: 5,
    name: "Nobody holds a lease on a create.",
    sql: `
      SELECT o.order_no, a.lease_until FROM payment_attempts a JOIN payment_orders o ON o.id = a.order_id
      WHERE a.done = 0 AND a.lease_until > :now`,
  },
  {
    invariant: 5,
    name: "No capture is under way.",
    sql: `
      SELECT order_no, status, capture_until FROM payment_orders
      WHERE status = 'processing' AND capture_until > :now`,
  },
  {
    invariant: 7,
    name: "The outcome of every refund is known, or the provider works on it.",
    sql: "SELECT id AS refund, refund_no, order_id, next_query_at FROM refunds WHERE status = 'unknown'",
  },
  {
    invariant: 16,
    name: "The credentials of every active config are sealed.",
    sql: `
      SELECT id AS config, user_id, provider FROM payment_configs
      WHERE status = 1 AND config_data NOT LIKE '{"sealed":%'`,
  },
];
