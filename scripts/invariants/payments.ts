import { paymentEdges, paymentStatuses } from "../../lib/payment/status.ts";
import { type Invariant, listOf, member } from "./invariant.ts";
import { statusMoves } from "./moves.ts";

const edges = paymentStatuses.flatMap((from) => paymentEdges[from].map((to) => `${from}>${to}`));

/** The titles tell apart what the statuses alone do not. */
const captureBegun = "taking the money";
const startedByProvider = "the provider has started the payment";

/** What holds of a payment's status, its version and its timeline. */
export const paymentInvariants: readonly Invariant[] = [
  {
    invariant: 2,
    name: "A success names its transaction, the time of payment and the account, and nothing else does.",
    sql: `
      SELECT order_no, status, trade_no, paid_at, provider_account FROM payment_orders
      WHERE (status = 'success') <> (COALESCE(trade_no, '') <> '') OR (status = 'success') <> (paid_at IS NOT NULL)
        OR provider_account = ''`,
  },
  {
    invariant: 2,
    name: "A success was told by a verified webhook or a look-up, of the transaction that the order names.",
    sql: `
      SELECT o.order_no, o.trade_no, m.trade_no AS told, m.told_by
      FROM payment_orders o LEFT JOIN ${statusMoves} m ON m.order_id = o.id AND m.became = 'success'
      WHERE o.status = 'success' AND COALESCE(m.trade_no = o.trade_no AND m.told_by IN ('webhook', 'look-up'), 0) = 0`,
  },
  {
    invariant: 3,
    name: "A success is late exactly when the payment had failed or was closed.",
    sql: `
      SELECT o.order_no, o.status, o.late_success FROM payment_orders o
      WHERE o.late_success <> (o.status = 'success' AND EXISTS (
        SELECT 1 FROM ${statusMoves} m
        WHERE m.order_id = o.id AND m.became = 'success' AND m.was IN ('failed', 'closed')))`,
  },
  {
    invariant: 3,
    name: "The time of its end is on every payment that ended unpaid, and on no other.",
    sql: `
      SELECT order_no, status, late_success, closed_at FROM payment_orders
      WHERE (status IN ('failed', 'closed') OR late_success = 1) <> (closed_at IS NOT NULL)`,
  },
  {
    invariant: 3,
    name: "Only a failed payment has the words of a refusal.",
    sql: `
      SELECT order_no, status, refusal FROM payment_orders
      WHERE refusal IS NOT NULL AND status <> 'failed' AND late_success = 0`,
  },
  {
    invariant: 3,
    name: "No payment ended unpaid while its money was being taken.",
    sql: `
      SELECT order_no, status, closed_at, capture_until FROM payment_orders
      WHERE status IN ('failed', 'closed') AND capture_until > closed_at`,
  },
  {
    invariant: 4,
    name: "Every change of a payment's status is an edge of the table and begins where the one before it ended.",
    sql: `
      SELECT m.order_id, m.id AS log_id, m.last AS status_before, m.was, m.became
      FROM (SELECT id, order_id, was, became, LAG(became) OVER (PARTITION BY order_id ORDER BY id) AS last
            FROM ${statusMoves} moves) m
      WHERE m.was <> COALESCE(m.last, 'processing')
        OR COALESCE(CONCAT(m.was, '>', m.became), '') NOT IN (${listOf(edges)})`,
  },
  {
    invariant: 4,
    name: "A payment's status is the last one of its timeline, and so one of the table.",
    sql: `
      SELECT order_no, status, told FROM (
        SELECT o.order_no, o.status, (SELECT m.became FROM ${statusMoves} m WHERE m.order_id = o.id
          ORDER BY m.id DESC LIMIT 1) AS told
        FROM payment_orders o) last
      WHERE status <> COALESCE(told, 'processing')`,
  },
  {
    // A capture of an unknown outcome that is begun again moves the version alone: at most once in a look-up.
    invariant: 4,
    name: "The version counts the changes of the timeline, the end of each refund and the provider's start.",
    sql: `
      SELECT o.order_no, o.version, counted.version AS counted, o.look_ups, counted.captures
      FROM payment_orders o JOIN (
        SELECT p.id, COALESCE(SUM(l.title = '${captureBegun}'), 0) AS captures,
          1 + COALESCE(SUM(l.kind = 'status'), 0)
            + COALESCE(SUM(l.kind = 'refund' AND ${member("l.data", "to")} IS NOT NULL), 0)
            + (p.provider_started = 1 AND COALESCE(SUM(l.title = '${startedByProvider}'), 0) = 0) AS version
        FROM payment_orders p LEFT JOIN payment_logs l ON l.order_id = p.id AND l.kind IN ('status', 'refund')
        GROUP BY p.id, p.provider_started) counted ON counted.id = o.id
      WHERE o.version < counted.version
        OR o.version > counted.version + IF(counted.captures > 0, o.look_ups, 0)`,
  },
  {
    invariant: 4,
    name: "Money is taken only before the payment expires.",
    sql: `
      SELECT o.order_no, m.at AS begun_at, o.expires_at
      FROM ${statusMoves} m JOIN payment_orders o ON o.id = m.order_id
      WHERE m.title = '${captureBegun}' AND m.at >= o.expires_at`,
  },
  {
    invariant: 4,
    name: "A capture under way has a key and an end.",
    sql: `
      SELECT order_no, capture_key, capture_until FROM payment_orders
      WHERE (capture_key IS NULL) <> (capture_until IS NULL)`,
  },
];
