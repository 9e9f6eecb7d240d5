import type { Invariant } from "./invariant.ts";

const children = [
  { table: "provider_requests", parent: "payment_orders", by: "order_id", what: "A provider request" },
  { table: "refunds", parent: "payment_orders", by: "order_id", what: "A refund" },
  { table: "payment_logs", parent: "payment_orders", by: "order_id", what: "A timeline entry" },
  { table: "deliveries", parent: "payment_orders", by: "order_id", what: "A delivery" },
  { table: "delivery_attempts", parent: "deliveries", by: "task_id", what: "A send" },
];

/** Invariants of tenancy: every row belongs to the merchant of the row that it refers to. */
export const tenancyInvariants: readonly Invariant[] = [
  ...children.map(({ table, parent, by, what }) => ({
    invariant: "tenants-apart" as const,
    name: `${what} belongs to the merchant of its ${parent === "deliveries" ? "delivery" : "order"}.`,
    sql: `
      SELECT child.id AS ${table}_id, child.user_id, child.${by}, parent.user_id AS owner
      FROM ${table} child LEFT JOIN ${parent} parent ON parent.id = child.${by}
      WHERE NOT (child.user_id <=> parent.user_id)`,
  })),
  {
    invariant: "tenants-apart",
    name: "An order's config belongs to the order's merchant and provider.",
    sql: `
      SELECT o.order_no, o.user_id, o.provider, c.user_id AS owner, c.provider AS config_provider
      FROM payment_orders o LEFT JOIN payment_configs c ON c.id = o.config_id
      WHERE NOT (o.user_id <=> c.user_id AND o.provider <=> c.provider)`,
  },
  {
    invariant: "account-of-order",
    name: "An order's account is its config's account, unless the config was edited in the database.",
    sql: `
      SELECT o.order_no, o.provider_account, o.livemode, c.account, c.livemode AS config_livemode
      FROM payment_orders o
      JOIN payment_configs c ON c.id = o.config_id AND c.user_id = o.user_id AND c.provider = o.provider
      WHERE c.account IS NOT NULL AND NOT (c.account = o.provider_account
        AND COALESCE(c.livemode, o.livemode) = o.livemode)`,
  },
  {
    invariant: "tenants-apart",
    name: "Every config belongs to a merchant.",
    sql: `
      SELECT c.id AS config, c.user_id FROM payment_configs c LEFT JOIN users u ON u.id = c.user_id
      WHERE u.id IS NULL`,
  },
  {
    invariant: "tenants-apart",
    name: "Every API key belongs to a merchant, whose id is part of the key's id.",
    sql: `
      SELECT k.key_id, k.user_id FROM api_keys k LEFT JOIN users u ON u.id = k.user_id
      WHERE u.id IS NULL OR k.key_id NOT LIKE CONCAT('m', k.user_id, 'k%')`,
  },
  {
    invariant: "unverified-changes-nothing",
    name: "A stored webhook belongs to a config of its provider and to no other merchant's order.",
    sql: `
      SELECT w.id AS event, w.provider, w.config_id, w.user_id, w.order_no
      FROM webhook_events w LEFT JOIN payment_configs c ON c.id = w.config_id
      LEFT JOIN payment_orders o ON o.order_no = w.order_no
      WHERE NOT (w.provider <=> c.provider AND w.user_id <=> c.user_id)
        OR (w.order_no IS NOT NULL AND NOT (o.user_id <=> w.user_id))`,
  },
  {
    invariant: "unverified-changes-nothing",
    name: "An anomaly belongs to a config of its merchant and to no other merchant's order.",
    sql: `
      SELECT a.id AS anomaly, a.kind, a.config_id, a.user_id, a.order_no
      FROM anomalies a LEFT JOIN payment_configs c ON c.id = a.config_id
      LEFT JOIN payment_orders o ON o.order_no = a.order_no
      WHERE NOT (a.user_id <=> c.user_id) OR (a.order_no IS NOT NULL AND NOT (o.user_id <=> a.user_id))`,
  },
  {
    invariant: "tenants-apart",
    name: "A recorded API call used a key of its merchant and belongs to no other merchant's order.",
    sql: `
      SELECT l.id AS call_id, l.request_id, l.user_id, l.key_id, l.order_no
      FROM api_calls l LEFT JOIN payment_orders o ON o.order_no = l.order_no
      WHERE l.key_id NOT LIKE CONCAT('m', l.user_id, 'k%')
        OR (l.order_no IS NOT NULL AND NOT (o.user_id <=> l.user_id))`,
  },
];
