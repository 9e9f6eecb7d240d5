import type { Invariant } from "./invariant.ts";

/** The sweeper runs every minute, and its wake-up messages are processed within another minute. */
const reachSeconds = 120;
const longestGapMinutes = 15;

/**
 * Invariants that also hold at rest: no call is under way, no fault is active, and enough time has passed for every
 * delivery to end and every due poll to run.
 */
export const restInvariants: readonly Invariant[] = [
  {
    invariant: "notified-once",
    name: "Every delivery has ended: success, exhausted, held or superseded.",
    sql: `
      SELECT id AS task, event, status, attempt, due_at, lease_until FROM deliveries
      WHERE status IN ('pending', 'sending')`,
  },
  {
    invariant: "found-without-webhooks",
    name: "No poll of a payment or a refund is overdue.",
    sql: `
      SELECT order_no AS of_order, NULL AS of_refund, next_poll_at FROM payment_orders
      WHERE next_poll_at < :now - INTERVAL ${reachSeconds} SECOND
      UNION ALL SELECT order_id, id, next_poll_at FROM refunds
      WHERE next_poll_at < :now - INTERVAL ${reachSeconds} SECOND`,
  },
  {
    invariant: "found-without-webhooks",
    name: "No payment is open past its expiry, unless it is in transit or is not polled any more.",
    sql: `
      SELECT order_no, status, expires_at FROM payment_orders
      WHERE status IN ('processing', 'pending') AND state <> 'in_transit' AND next_poll_at IS NOT NULL
        AND expires_at < :now - INTERVAL ${longestGapMinutes * 60 + reachSeconds} SECOND`,
  },
  {
    invariant: "one-order-per-request",
    name: "No create holds a lease.",
    sql: `
      SELECT o.order_no, a.lease_until FROM provider_requests a JOIN payment_orders o ON o.id = a.order_id
      WHERE a.done = 0 AND a.lease_until > :now`,
  },
  {
    invariant: "one-order-per-request",
    name: "No capture is under way.",
    sql: `
      SELECT order_no, status, capture_until FROM payment_orders
      WHERE status = 'processing' AND capture_until > :now`,
  },
  {
    invariant: "refunds-within-payment",
    name: "No refund has an unknown outcome.",
    sql: "SELECT id AS refund, refund_no, order_id, next_poll_at FROM refunds WHERE status = 'unknown'",
  },
  {
    invariant: "no-secrets-stored",
    name: "The credentials of every active config are encrypted.",
    sql: `
      SELECT id AS config, user_id, provider FROM payment_configs
      WHERE status = 1 AND config_data NOT LIKE '{"encrypted":%'`,
  },
];
