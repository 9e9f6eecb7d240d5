import type { Invariant } from "./invariant.ts";

/** What holds of the way back where every webhook is lost. */
export const lookUpInvariants: readonly Invariant[] = [
  {
    invariant: 1,
    name: "A payment that is not final will be asked about, past its expiry too, unless nobody has answered for eight days.",
    sql: `
      SELECT order_no, status, unanswered_since FROM payment_orders
      WHERE status IN ('processing', 'pending') AND next_query_at IS NULL
        AND COALESCE(GREATEST(unanswered_since, expires_at) > :now - INTERVAL 8 DAY, 1)`,
  },
  {
    // A person is told: whether the anomaly is open or was resolved with a note.
    invariant: 21,
    name: "For each account of which payments are polled no more there is one anomaly of its config.",
    sql: `
      SELECT o.order_no, o.config_id FROM payment_orders o
      WHERE o.status IN ('processing', 'pending') AND o.next_query_at IS NULL
        AND GREATEST(o.unanswered_since, o.expires_at) <= :now - INTERVAL 8 DAY
        AND 1 <> (SELECT COUNT(*) FROM anomalies a WHERE a.config_id = o.config_id AND a.kind = 'config_unreachable')`,
  },
  {
    invariant: 1,
    name: "No look-up of an open payment is further away than a quarter of an hour, or an hour once it is started.",
    sql: `
      SELECT order_no, status, provider_started, next_query_at FROM payment_orders
      WHERE status IN ('processing', 'pending')
        AND next_query_at > :now + INTERVAL IF(provider_started = 1, 60, 15) MINUTE`,
  },
  {
    invariant: 1,
    name: "An ended payment is asked about again within an hour, a closed one a day after its end, or never.",
    sql: `
      SELECT order_no, status, closed_at, next_query_at FROM payment_orders
      WHERE status IN ('success', 'failed', 'closed') AND next_query_at > :now + INTERVAL 1 HOUR
        AND (status <> 'closed' OR next_query_at > closed_at + INTERVAL 1 DAY)`,
  },
  {
    invariant: 7,
    name: "A refund that is not final will be asked about, and each that is asked about within an hour.",
    sql: `
      SELECT id AS refund, refund_no, status, next_query_at FROM refunds
      WHERE (status IN ('processing', 'unknown') AND next_query_at IS NULL)
        OR next_query_at > :now + INTERVAL 1 HOUR`,
  },
];
