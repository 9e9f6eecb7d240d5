import { refundEdges, refundStatuses } from "../../lib/refund/status.ts";
import { type Invariant, listOf } from "./invariant.ts";
import { refundMoves } from "./moves.ts";

/** The timeline does not tell `processing` from `unknown`, and has a line only for the end of a refund. */
const ends = refundStatuses.flatMap((from) => refundEdges[from].map((to) => ({ from, to })));
const told = ends
  .filter(({ to }) => to === "success" || to === "failed")
  .map(({ from, to }) => `${from === "unknown" ? "processing" : from}>${to}`);

/** What holds of refunds and of the sums that they take from their payment. */
export const refundInvariants: readonly Invariant[] = [
  {
    invariant: 7,
    name: "What is refunded and reserved, or told as refunded, is never more than was paid.",
    sql: `
      SELECT order_no, amount_minor, refunded_minor, refund_reserved_minor, refund_total_minor FROM payment_orders
      WHERE refunded_minor + refund_reserved_minor > amount_minor OR refund_total_minor > amount_minor`,
  },
  {
    invariant: 7,
    name: "What is reserved and what is refunded are sums of refunds: of those that may still succeed, and of those that did.",
    sql: `
      SELECT o.order_no, o.refund_reserved_minor, sums.reserved, o.refunded_minor, sums.refunded
      FROM payment_orders o LEFT JOIN (
        SELECT order_id, SUM(IF(status IN ('processing', 'unknown'), amount_minor, 0)) AS reserved,
          SUM(IF(status = 'success', amount_minor, 0)) AS refunded
        FROM refunds GROUP BY order_id) sums ON sums.order_id = o.id
      WHERE o.refund_reserved_minor <> COALESCE(sums.reserved, 0) OR o.refunded_minor <> COALESCE(sums.refunded, 0)`,
  },
  {
    invariant: 7,
    name: "A refund gives back a part of a paid order, in its currency.",
    sql: `
      SELECT r.id AS refund, r.refund_no, o.order_no, o.status, r.amount_minor, r.currency
      FROM refunds r LEFT JOIN payment_orders o ON o.id = r.order_id
      WHERE COALESCE(o.status = 'success' AND r.currency = o.currency AND r.amount_minor > 0, 0) = 0`,
  },
  {
    invariant: 7,
    name: "A refund has a status of the table.",
    sql: `SELECT id AS refund, refund_no, status FROM refunds WHERE status NOT IN (${listOf(refundStatuses)})`,
  },
  {
    invariant: 7,
    name: "Every end of a refund is an edge of the table and begins where the one before it ended.",
    sql: `
      SELECT m.refund_id AS refund, m.id AS log_id, m.last AS status_before, m.was, m.became
      FROM (SELECT id, refund_id, was, became, LAG(became) OVER (PARTITION BY refund_id ORDER BY id) AS last
            FROM ${refundMoves} moves WHERE refund_id IS NOT NULL) m
      WHERE m.was <> COALESCE(m.last, 'processing')
        OR COALESCE(CONCAT(m.was, '>', m.became), '') NOT IN (${listOf(told)})`,
  },
  {
    invariant: 7,
    name: "Every end of a refund in a timeline belongs to a refund, with its amount.",
    sql: `
      SELECT m.id AS log_id, m.order_id, m.became, m.amount_minor, r.id AS refund
      FROM ${refundMoves} m LEFT JOIN refunds r ON r.id = m.refund_id
      WHERE COALESCE(m.amount_minor = r.amount_minor, 0) = 0`,
  },
  {
    invariant: 7,
    name: "A refund's status is the last end of its timeline.",
    sql: `
      SELECT r.id AS refund, r.refund_no, r.status, m.became AS told FROM refunds r
      LEFT JOIN (SELECT refund_id, became, ROW_NUMBER() OVER (PARTITION BY refund_id ORDER BY id DESC) AS place
                 FROM ${refundMoves} moves WHERE refund_id IS NOT NULL) m ON m.refund_id = r.id AND m.place = 1
      WHERE IF(r.status IN ('success', 'failed'), r.status, 'under way') <> COALESCE(m.became, 'under way')`,
  },
  {
    invariant: 7,
    name: "A failed refund says why, and no other does.",
    sql: `
      SELECT id AS refund, refund_no, status, refusal FROM refunds
      WHERE (status = 'failed') <> (refusal IS NOT NULL)`,
  },
  {
    invariant: 7,
    name: "One refund per merchant and refund_no.",
    sql: `
      SELECT user_id, refund_no, COUNT(*) AS refunds FROM refunds
      WHERE refund_no IS NOT NULL GROUP BY user_id, refund_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: 7,
    name: "One refund per number at the provider.",
    sql: `
      SELECT provider_refund_no, COUNT(*) AS refunds FROM refunds
      GROUP BY provider_refund_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: 7,
    name: "One refund per order and id of the provider.",
    sql: `
      SELECT order_id, refund_id, COUNT(*) AS refunds FROM refunds
      WHERE refund_id IS NOT NULL GROUP BY order_id, refund_id HAVING COUNT(*) > 1`,
  },
];
