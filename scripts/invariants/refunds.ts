import { refundEdges, refundStatuses } from "../../lib/domain/refund-status.ts";
import { type Invariant, listOf } from "./invariant.ts";
import { refundMoves } from "./moves.ts";

/** The timeline does not distinguish `processing` from `unknown`, and has an entry only for the end of a refund. */
const ends = refundStatuses.flatMap((from) => refundEdges[from].map((to) => ({ from, to })));
const allowedEnds = ends
  .filter(({ to }) => to === "success" || to === "failed")
  .map(({ from, to }) => `${from === "unknown" ? "processing" : from}>${to}`);

/** Invariants of refunds and of the refund totals of their payment. */
export const refundInvariants: readonly Invariant[] = [
  {
    invariant: "refunds-within-payment",
    name: "Refunded plus reserved amounts, and the provider's refund total, never exceed the payment.",
    sql: `
      SELECT order_no, amount_minor, refunded_minor, refund_reserved_minor, refund_total_minor FROM payment_orders
      WHERE refunded_minor + refund_reserved_minor > amount_minor OR refund_total_minor > amount_minor`,
  },
  {
    invariant: "refunds-within-payment",
    name: "The reserved and refunded amounts of an order are the sums of its open and its successful refunds.",
    sql: `
      SELECT o.order_no, o.refund_reserved_minor, sums.reserved, o.refunded_minor, sums.refunded
      FROM payment_orders o LEFT JOIN (
        SELECT order_id, SUM(IF(status IN ('processing', 'unknown'), amount_minor, 0)) AS reserved,
          SUM(IF(status = 'success', amount_minor, 0)) AS refunded
        FROM refunds GROUP BY order_id) sums ON sums.order_id = o.id
      WHERE o.refund_reserved_minor <> COALESCE(sums.reserved, 0) OR o.refunded_minor <> COALESCE(sums.refunded, 0)`,
  },
  {
    invariant: "refunds-within-payment",
    name: "A refund belongs to a paid order, in the order's currency, with an amount above zero.",
    sql: `
      SELECT r.id AS refund, r.refund_no, o.order_no, o.status, r.amount_minor, r.currency
      FROM refunds r LEFT JOIN payment_orders o ON o.id = r.order_id
      WHERE COALESCE(o.status = 'success' AND r.currency = o.currency AND r.amount_minor > 0, 0) = 0`,
  },
  {
    invariant: "refunds-within-payment",
    name: "A refund has a known status.",
    sql: `SELECT id AS refund, refund_no, status FROM refunds WHERE status NOT IN (${listOf(refundStatuses)})`,
  },
  {
    invariant: "refunds-within-payment",
    name: "Every final status of a refund is an allowed change and starts from the status before it.",
    sql: `
      SELECT m.refund_id AS refund, m.id AS log_id, m.last AS status_before, m.was, m.became
      FROM (SELECT id, refund_id, was, became, LAG(became) OVER (PARTITION BY refund_id ORDER BY id) AS last
            FROM ${refundMoves} moves WHERE refund_id IS NOT NULL) m
      WHERE m.was <> COALESCE(m.last, 'processing')
        OR COALESCE(CONCAT(m.was, '>', m.became), '') NOT IN (${listOf(allowedEnds)})`,
  },
  {
    invariant: "refunds-within-payment",
    name: "Every ended refund in a timeline belongs to a refund with the same amount.",
    sql: `
      SELECT m.id AS log_id, m.order_id, m.became, m.amount_minor, r.id AS refund
      FROM ${refundMoves} m LEFT JOIN refunds r ON r.id = m.refund_id
      WHERE COALESCE(m.amount_minor = r.amount_minor, 0) = 0`,
  },
  {
    invariant: "refunds-within-payment",
    name: "A refund's final status is its last one in the timeline.",
    sql: `
      SELECT r.id AS refund, r.refund_no, r.status, m.became AS told FROM refunds r
      LEFT JOIN (SELECT refund_id, became, ROW_NUMBER() OVER (PARTITION BY refund_id ORDER BY id DESC) AS place
                 FROM ${refundMoves} moves WHERE refund_id IS NOT NULL) m ON m.refund_id = r.id AND m.place = 1
      WHERE IF(r.status IN ('success', 'failed'), r.status, 'under way') <> COALESCE(m.became, 'under way')`,
  },
  {
    invariant: "refunds-within-payment",
    name: "A refund has a refusal if, and only if, it failed.",
    sql: `
      SELECT id AS refund, refund_no, status, refusal FROM refunds
      WHERE (status = 'failed') <> (refusal IS NOT NULL)`,
  },
  {
    invariant: "refunds-within-payment",
    name: "A merchant has at most one refund with a refund_no.",
    sql: `
      SELECT user_id, refund_no, COUNT(*) AS refunds FROM refunds
      WHERE refund_no IS NOT NULL GROUP BY user_id, refund_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: "refunds-within-payment",
    name: "A refund number sent to a provider belongs to one refund.",
    sql: `
      SELECT provider_refund_no, COUNT(*) AS refunds FROM refunds
      GROUP BY provider_refund_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: "refunds-within-payment",
    name: "A provider's refund id belongs to at most one refund of an order.",
    sql: `
      SELECT order_id, refund_id, COUNT(*) AS refunds FROM refunds
      WHERE refund_id IS NOT NULL GROUP BY order_id, refund_id HAVING COUNT(*) > 1`,
  },
];
