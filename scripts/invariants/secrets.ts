import type { Invariant } from "./invariant.ts";

/** API keys, signing secrets, private keys, and the secret keys of Stripe; what is masked in the middle is none. */
const secret = [
  "ak_m[0-9]+k[0-9a-z]{8}_[0-9a-z]{16}",
  "whsec_[0-9A-Za-z+/]{16}",
  "(sk|rk)_(live|test)_[0-9A-Za-z]{10}",
  "BEGIN [A-Z ]*PRIVATE KEY",
].join("|");

const written: Record<string, readonly string[]> = {
  payment_logs: ["title", "data"],
  notify_attempts: ["answer"],
  notify_queue: ["payload", "url"],
  anomalies: ["detail"],
  payment_orders: ["refusal", "payable"],
  payment_attempts: ["prepared"],
  refunds: ["refusal"],
};

/** What may not be read in plain text. */
export const secretInvariants: readonly Invariant[] = [
  {
    invariant: 16,
    name: "No secret stands in a timeline, an answer, a notification, an anomaly or an order.",
    sql: Object.entries(written)
      .map(([table, columns]) => {
        const found = columns.map((column) => `${column} REGEXP '${secret}'`);
        return `SELECT '${table}' AS in_table, id FROM ${table} WHERE ${found.join(" OR ")}`;
      })
      .join(" UNION ALL "),
  },
  {
    invariant: 16,
    name: "Signing secrets and the bodies of webhooks are kept sealed.",
    sql: `
      SELECT 'users' AS in_table, id FROM users WHERE notify_secrets NOT LIKE '{"sealed":%'
      UNION ALL SELECT 'webhook_events', id FROM webhook_events WHERE sealed_body NOT LIKE '{"sealed":%'`,
  },
];
