import { apiCall, type Violations } from "./violation.ts";

const inLog = (text: string) => [
  `UPDATE payment_logs SET data = JSON_OBJECT('why', '${text}') WHERE kind = 'look_up' LIMIT 1`,
];

export const secretViolations: Violations = {
  "No timeline, merchant response, notification, anomaly, order or API call record holds a secret.": [
    inLog("Invalid key ak_m1000000k0123abcd_0123456789abcdefghjkmnpqrstvwxyz0123456"),
    inLog("Invalid API Key provided: sk_live_51HxAbCdEfGhIjKl"),
    inLog("-----BEGIN RSA PRIVATE KEY-----"),
    ["UPDATE delivery_attempts SET answer = 'seen: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' LIMIT 1"],
    ["UPDATE provider_requests SET prepared = JSON_OBJECT('key', 'sk_test_51HxAbCdEfGhIjKl') LIMIT 1"],
    [apiCall({ request: `{"key":"sk_live_51HxAbCdEfGhIjKl"}` })],
  ],
  "No API call record holds a QR code, extra_data or the query string of a URL.": [
    [apiCall({ request: `{"notify_url":"https://shop.example/notify?token=1"}` })],
    [apiCall({ answer: `{"data":{"payment_url":"https://pay.example/1#2"}}` })],
    [apiCall({ answer: `{"data":{"qr_code":"weixin://pay"}}` })],
    [apiCall({ answer: `{"data":{"extra_data":{"order_string":"x"}}}` })],
  ],
  "Signing secrets and webhook bodies are stored encrypted.": [
    ["UPDATE webhook_events SET encrypted_body = '{}' LIMIT 1"],
    ["UPDATE users SET notify_secrets = '[]' LIMIT 1"],
  ],
};
