import type { Invariant } from "./invariant.ts";

/** API keys, signing secrets, private keys, and Stripe's secret keys. A value masked in the middle does not match. */
const secret = [
  "ak_m[0-9]+k[0-9a-z]{8}_[0-9a-z]{16}",
  "whsec_[0-9A-Za-z+/]{16}",
  "(sk|rk)_(live|test)_[0-9A-Za-z]{10}",
  "BEGIN [A-Z ]*PRIVATE KEY",
].join("|");

const written: Record<string, readonly string[]> = {
  payment_logs: ["title", "data"],
  delivery_attempts: ["answer"],
  deliveries: ["payload", "url"],
  anomalies: ["detail"],
  payment_orders: ["refusal", "payable"],
  provider_requests: ["prepared"],
  refunds: ["refusal"],
  api_calls: ["path", "user_agent", "request", "answer"],
};

/** Invariants about data that must not be stored in plain text. */
export const secretInvariants: readonly Invariant[] = [
  {
    invariant: "no-secrets-stored",
    name: "No timeline, merchant response, notification, anomaly, order or API call record holds a secret.",
    sql: Object.entries(written)
      .map(([table, columns]) => {
        const found = columns.map((column) => `${column} REGEXP '${secret}'`);
        return `SELECT '${table}' AS in_table, id FROM ${table} WHERE ${found.join(" OR ")}`;
      })
      .join(" UNION ALL "),
  },
  {
    invariant: "no-secrets-stored",
    name: "No API call record holds a QR code, extra_data or the query string of a URL.",
    sql: `
      SELECT id AS call_id, user_id, request_id FROM api_calls
      WHERE request REGEXP '://[^" ]*[?#]' OR answer REGEXP '://[^" ]*[?#]'
        OR (answer LIKE '%"qr_code":%' AND answer NOT LIKE '%"qr_code":"[%')
        OR (answer LIKE '%"extra_data":%' AND answer NOT LIKE '%"extra_data":"[%')`,
  },
  {
    invariant: "no-secrets-stored",
    name: "Signing secrets and webhook bodies are stored encrypted.",
    sql: `
      SELECT 'users' AS in_table, id FROM users WHERE notify_secrets NOT LIKE '{"encrypted":%'
      UNION ALL SELECT 'webhook_events', id FROM webhook_events WHERE encrypted_body NOT LIKE '{"encrypted":%'`,
  },
];
