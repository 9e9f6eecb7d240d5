import type { Invariant } from "./invariant.ts";

const children = [
  { table: "payment_attempts", parent: "payment_orders", by: "order_id", what: "An attempt" },
  { table: "refunds", parent: "payment_orders", by: "order_id", what: "A refund" },
  { table: "payment_logs", parent: "payment_orders", by: "order_id", what: "A line of a timeline" },
  { table: "notify_queue", parent: "payment_orders", by: "order_id", what: "A notification" },
  { table: "notify_attempts", parent: "notify_queue", by: "task_id", what: "A send" },
];

/** Every row belongs to the merchant of what it is about. */
export const tenancyInvariants: readonly Invariant[] = [
  ...children.map(({ table, parent, by, what }) => ({
    invariant: 15,
    name: `${what} belongs to the merchant of its ${parent === "notify_queue" ? "notification" : "order"}.`,
    sql: `
      SELECT child.id AS ${table}_id, child.user_id, child.${by}, parent.user_id AS owner
      FROM ${table} child LEFT JOIN ${parent} parent ON parent.id = child.${by}
      WHERE NOT (child.user_id <=> parent.user_id)`,
  })),
  {
    invariant: 15,
    name: "An order was made with a config of its merchant and its provider.",
    sql: `
      SELECT o.order_no, o.user_id, o.provider, c.user_id AS owner, c.provider AS config_provider
      FROM payment_orders o LEFT JOIN payment_configs c ON c.id = o.config_id
      WHERE NOT (o.user_id <=> c.user_id AND o.provider <=> c.provider)`,
  },
  {
    invariant: 19,
    name: "An order was made with the account of its config, unless somebody has written the config by hand.",
    sql: `
      SELECT o.order_no, o.provider_account, o.livemode, c.account, c.livemode AS config_livemode
      FROM payment_orders o
      JOIN payment_configs c ON c.id = o.config_id AND c.user_id = o.user_id AND c.provider = o.provider
      WHERE c.account IS NOT NULL AND NOT (c.account = o.provider_account
        AND COALESCE(c.livemode, o.livemode) = o.livemode)`,
  },
  {
    invariant: 15,
    name: "A config belongs to a merchant.",
    sql: `
      SELECT c.id AS config, c.user_id FROM payment_configs c LEFT JOIN users u ON u.id = c.user_id
      WHERE u.id IS NULL`,
  },
  {
    invariant: 15,
    name: "An API key names the merchant that it belongs to.",
    sql: `
      SELECT k.key_id, k.user_id FROM api_keys k LEFT JOIN users u ON u.id = k.user_id
      WHERE u.id IS NULL OR k.key_id NOT LIKE CONCAT('m', k.user_id, 'k%')`,
  },
  {
    invariant: 14,
    name: "A webhook was kept for a config of its provider, and for no other merchant's order.",
    sql: `
      SELECT w.id AS event, w.provider, w.config_id, w.user_id, w.order_no
      FROM webhook_events w LEFT JOIN payment_configs c ON c.id = w.config_id
      LEFT JOIN payment_orders o ON o.order_no = w.order_no
      WHERE NOT (w.provider <=> c.provider AND w.user_id <=> c.user_id)
        OR (w.order_no IS NOT NULL AND NOT (o.user_id <=> w.user_id))`,
  },
  {
    invariant: 14,
    name: "An anomaly is about a config of its merchant, and about no other merchant's order.",
    sql: `
      SELECT a.id AS anomaly, a.kind, a.config_id, a.user_id, a.order_no
      FROM anomalies a LEFT JOIN payment_configs c ON c.id = a.config_id
      LEFT JOIN payment_orders o ON o.order_no = a.order_no
      WHERE NOT (a.user_id <=> c.user_id) OR (a.order_no IS NOT NULL AND NOT (o.user_id <=> a.user_id))`,
  },
  {
    invariant: 15,
    name: "A recorded call was made with a key of its merchant, and is about no other merchant's order.",
    sql: `
      SELECT l.id AS call_id, l.request_id, l.user_id, l.key_id, l.order_no
      FROM api_logs l LEFT JOIN payment_orders o ON o.order_no = l.order_no
      WHERE l.key_id NOT LIKE CONCAT('m', l.user_id, 'k%')
        OR (l.order_no IS NOT NULL AND NOT (o.user_id <=> l.user_id))`,
  },
];
