import { paymentEdges, paymentStates, paymentStatuses } from "../../lib/domain/payment-state.ts";
import { type Invariant, listOf, member } from "./invariant.ts";
import { statusMoves } from "./moves.ts";

const edges = paymentStatuses.flatMap((from) => paymentEdges[from].map((to) => `${from}>${to}`));

/** Titles of timeline entries that the statuses alone do not identify. */
const captureBegun = "taking the money";

/** Invariants of a payment's status, version and timeline. */
export const paymentInvariants: readonly Invariant[] = [
  {
    invariant: "success-is-proven",
    name: "Exactly the successful payments have a transaction and a payment time, and every order has an account.",
    sql: `
      SELECT order_no, status, trade_no, paid_at, provider_account FROM payment_orders
      WHERE (status = 'success') <> (COALESCE(trade_no, '') <> '') OR (status = 'success') <> (paid_at IS NOT NULL)
        OR provider_account = ''`,
  },
  {
    invariant: "success-is-proven",
    name: "Every success comes from a verified webhook or a poll that named the order's transaction.",
    sql: `
      SELECT o.order_no, o.trade_no, m.trade_no AS told, m.source
      FROM payment_orders o LEFT JOIN ${statusMoves} m ON m.order_id = o.id AND m.became = 'success'
      WHERE o.status = 'success' AND COALESCE(m.trade_no = o.trade_no AND m.source IN ('webhook', 'poll'), 0) = 0`,
  },
  {
    invariant: "success-is-final",
    name: "A success is marked as late if, and only if, the payment had failed or was closed before.",
    sql: `
      SELECT o.order_no, o.status, o.late_success FROM payment_orders o
      WHERE o.late_success <> (o.status = 'success' AND EXISTS (
        SELECT 1 FROM ${statusMoves} m
        WHERE m.order_id = o.id AND m.became = 'success' AND m.was IN ('failed', 'closed')))`,
  },
  {
    invariant: "success-is-final",
    name: "Exactly the payments that failed or were closed, even if paid later, have a closing time.",
    sql: `
      SELECT order_no, status, late_success, closed_at FROM payment_orders
      WHERE (status IN ('failed', 'closed') OR late_success = 1) <> (closed_at IS NOT NULL)`,
  },
  {
    invariant: "success-is-final",
    name: "Only a payment that failed, even if paid later, has a provider's refusal.",
    sql: `
      SELECT order_no, status, refusal FROM payment_orders
      WHERE refusal IS NOT NULL AND status <> 'failed' AND late_success = 0`,
  },
  {
    invariant: "success-is-final",
    name: "No payment failed or was closed while a capture was under way.",
    sql: `
      SELECT order_no, status, closed_at, capture_until FROM payment_orders
      WHERE status IN ('failed', 'closed') AND capture_until > closed_at`,
  },
  {
    invariant: "moves-recorded",
    name: "Every status change of a payment is allowed and starts from the status before it.",
    sql: `
      SELECT m.order_id, m.id AS log_id, m.last AS status_before, m.was, m.became
      FROM (SELECT id, order_id, was, became, LAG(became) OVER (PARTITION BY order_id ORDER BY id) AS last
            FROM ${statusMoves} moves) m
      WHERE m.was <> COALESCE(m.last, 'processing')
        OR COALESCE(CONCAT(m.was, '>', m.became), '') NOT IN (${listOf(edges)})`,
  },
  {
    invariant: "moves-recorded",
    name: "A payment's status is the last status in its timeline.",
    sql: `
      SELECT order_no, status, told FROM (
        SELECT o.order_no, o.status, (SELECT m.became FROM ${statusMoves} m WHERE m.order_id = o.id
          ORDER BY m.id DESC LIMIT 1) AS told
        FROM payment_orders o) last
      WHERE status <> COALESCE(told, 'processing')`,
  },
  {
    // Repeating a capture whose outcome is unknown changes only the version, at most once in a poll.
    invariant: "moves-recorded",
    name: "A payment's version counts its status changes and its ended refunds.",
    sql: `
      SELECT o.order_no, o.version, counted.version AS counted, o.poll_count, counted.captures
      FROM payment_orders o JOIN (
        SELECT p.id, COALESCE(SUM(l.title = '${captureBegun}'), 0) AS captures,
          1 + COALESCE(SUM(l.kind = 'status'), 0)
            + COALESCE(SUM(l.kind = 'refund' AND ${member("l.data", "to")} IS NOT NULL), 0) AS version
        FROM payment_orders p LEFT JOIN payment_logs l ON l.order_id = p.id AND l.kind IN ('status', 'refund')
        GROUP BY p.id) counted ON counted.id = o.id
      WHERE o.version < counted.version
        OR o.version > counted.version + IF(counted.captures > 0, o.poll_count, 0)`,
  },
  {
    invariant: "moves-recorded",
    name: "Every payment's state is one of the table, and a payment that is being captured has a capture key.",
    sql: `
      SELECT order_no, state, capture_key FROM payment_orders
      WHERE state NOT IN (${listOf(paymentStates)}) OR (state = 'capturing' AND capture_key IS NULL)`,
  },
  {
    invariant: "moves-recorded",
    name: "A capture starts only before the payment expires.",
    sql: `
      SELECT o.order_no, m.at AS begun_at, o.expires_at
      FROM ${statusMoves} m JOIN payment_orders o ON o.id = m.order_id
      WHERE m.title = '${captureBegun}' AND m.at >= o.expires_at`,
  },
  {
    invariant: "moves-recorded",
    name: "A payment has a capture key if, and only if, it has a time until which the capture may run.",
    sql: `
      SELECT order_no, capture_key, capture_until FROM payment_orders
      WHERE (capture_key IS NULL) <> (capture_until IS NULL)`,
  },
];
