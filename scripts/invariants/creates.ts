import type { Invariant } from "./invariant.ts";

/** Invariants of the creation of a payment: one order, one provider request, one outcome. */
export const createInvariants: readonly Invariant[] = [
  {
    invariant: "one-order-per-request",
    name: "A merchant has at most one order with an out_trade_no.",
    sql: `
      SELECT user_id, out_trade_no, COUNT(*) AS orders FROM payment_orders
      GROUP BY user_id, out_trade_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: "one-order-per-request",
    name: "An order_no belongs to one order.",
    sql: "SELECT order_no, COUNT(*) AS orders FROM payment_orders GROUP BY order_no HAVING COUNT(*) > 1",
  },
  {
    invariant: "one-order-per-request",
    name: "A provider transaction pays for at most one order.",
    sql: `
      SELECT provider, provider_account, trade_no, COUNT(*) AS orders FROM payment_orders
      WHERE trade_no IS NOT NULL GROUP BY provider, provider_account, trade_no HAVING COUNT(*) > 1`,
  },
  {
    invariant: "one-order-per-request",
    name: "Every order has exactly one provider request, created in the same commit.",
    sql: `
      SELECT o.order_no, COUNT(a.id) AS attempts FROM payment_orders o
      LEFT JOIN provider_requests a ON a.order_id = o.id AND a.created_at = o.created_at
      GROUP BY o.id, o.order_no HAVING COUNT(a.id) <> 1`,
  },
  {
    invariant: "one-order-per-request",
    name: "No two provider requests have the same idempotency key.",
    sql: `
      SELECT idempotency_key, COUNT(*) AS attempts FROM provider_requests
      GROUP BY idempotency_key HAVING COUNT(*) > 1`,
  },
  {
    // A request can be done without an outcome when the payment changed before its refusal was stored.
    invariant: "one-order-per-request",
    name: "A provider request is done if, and only if, its outcome is stored.",
    sql: `
      SELECT o.order_no, a.done, o.status, o.payable IS NOT NULL AS payable, o.refusal IS NOT NULL AS refused
      FROM provider_requests a JOIN payment_orders o ON o.id = a.order_id
      WHERE (a.done = 0 AND (o.payable IS NOT NULL OR o.refusal IS NOT NULL))
        OR (a.done = 1 AND o.payable IS NULL AND o.refusal IS NULL AND o.version = 1)`,
  },
  {
    invariant: "one-order-per-request",
    name: "A pending payment has the data that its buyer needs to pay.",
    sql: "SELECT order_no FROM payment_orders WHERE status = 'pending' AND payable IS NULL",
  },
  {
    invariant: "one-order-per-request",
    name: "An order's fingerprint is the hash of its request.",
    sql: "SELECT order_no, fingerprint FROM payment_orders WHERE fingerprint <> SHA2(request, 256)",
  },
];
