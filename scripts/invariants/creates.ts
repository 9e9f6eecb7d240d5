import type { Invariant } from "./invariant.ts";

/** What holds of the create of a payment: one order, one attempt, one outcome. */
export const createInvariants: readonly Invariant[] = [
  {
    invariant: 5,
    name: "One order per merchant and out_trade_no.",
    sql: `
      SELECT user_id, out_trade_no, COUNT(*) AS orders FROM payment_orders
      GROUP BY user_id, out_trade_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: 5,
    name: "One order per number of ours.",
    sql: "SELECT order_no, COUNT(*) AS orders FROM payment_orders GROUP BY order_no HAVING COUNT(*) > 1",
  },
  {
    invariant: 5,
    name: "One order per transaction of a provider.",
    sql: `
      SELECT provider, provider_account, trade_no, COUNT(*) AS orders FROM payment_orders
      WHERE trade_no IS NOT NULL GROUP BY provider, provider_account, trade_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: 5,
    name: "Every order has one attempt, from the commit that made it.",
    sql: `
      SELECT o.order_no, COUNT(a.id) AS attempts FROM payment_orders o
      LEFT JOIN payment_attempts a ON a.order_id = o.id AND a.created_at = o.created_at
      GROUP BY o.id, o.order_no HAVING COUNT(a.id) <> 1`,
  },
  {
    invariant: 5,
    name: "No two attempts share an idempotency key.",
    sql: `
      SELECT idempotency_key, COUNT(*) AS attempts FROM payment_attempts
      GROUP BY idempotency_key HAVING COUNT(*) > 1`,
  },
  {
    // A refusal finds nothing to refuse where the payment has moved on since.
    invariant: 5,
    name: "An attempt is done exactly when its outcome is stored.",
    sql: `
      SELECT o.order_no, a.done, o.status, o.payable IS NOT NULL AS payable, o.refusal IS NOT NULL AS refused
      FROM payment_attempts a JOIN payment_orders o ON o.id = a.order_id
      WHERE (a.done = 0 AND (o.payable IS NOT NULL OR o.refusal IS NOT NULL))
        OR (a.done = 1 AND o.payable IS NULL AND o.refusal IS NULL AND o.version = 1)`,
  },
  {
    invariant: 5,
    name: "A pending payment has what its buyer needs.",
    sql: "SELECT order_no FROM payment_orders WHERE status = 'pending' AND payable IS NULL",
  },
  {
    invariant: 5,
    name: "The fingerprint of an order is that of its request.",
    sql: "SELECT order_no, fingerprint FROM payment_orders WHERE fingerprint <> SHA2(request, 256)",
  },
];
