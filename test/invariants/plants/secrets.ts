import type { Plants } from "./plant.ts";

const inLog = (text: string) => [
  `UPDATE payment_logs SET data = JSON_OBJECT('why', '${text}') WHERE kind = 'look_up' LIMIT 1`,
];

export const secretPlants: Plants = {
  "No secret stands in a timeline, an answer, a notification, an anomaly or an order.": [
    inLog("Invalid key ak_m1000000k0123abcd_0123456789abcdefghjkmnpqrstvwxyz0123456"),
    inLog("Invalid API Key provided: sk_live_51HxAbCdEfGhIjKl"),
    inLog("-----BEGIN RSA PRIVATE KEY-----"),
    ["UPDATE notify_attempts SET answer = 'seen: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' LIMIT 1"],
    ["UPDATE payment_attempts SET prepared = JSON_OBJECT('key', 'sk_test_51HxAbCdEfGhIjKl') LIMIT 1"],
  ],
  "Signing secrets and the bodies of webhooks are kept sealed.": [
    ["UPDATE webhook_events SET sealed_body = '{}' LIMIT 1"],
    ["UPDATE users SET notify_secrets = '[]' LIMIT 1"],
  ],
};
