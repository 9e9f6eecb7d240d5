import { crc32 } from "node:zlib";
import type { WebhookCall } from "../../domain/provider.ts";
import { GatewayError } from "../../errors.ts";
import { signatureFits } from "../rsa.ts";
import { signingKey } from "./certificate.ts";

/** PayPal retries for three days; whether a retry carries a new time is not documented. */
const oldestSeconds = 75 * 3600;
const aheadSeconds = 300;

/**
 * Verifies that PayPal sent this webhook to one of these webhook ids. This does not prove the body: the signature
 * covers only its CRC-32, and another body with the same CRC-32 is easily made. Throws `notification_refused`.
 * https://developer.paypal.com/api/rest/webhooks/rest/
 */
export async function verifyPayPalSignature(
  { body, headers }: WebhookCall,
  webhookIds: readonly string[],
  now: Date,
  baseUrl?: string,
): Promise<void> {
  // mutation: paypal-webhook-id
  if (webhookIds.length === 0) refuse("the config has no webhook_id");
  const id = headerOf(headers, "paypal-transmission-id", /^[0-9A-Za-z-]{1,64}$/);
  const time = headerOf(
    headers,
    "paypal-transmission-time",
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
  );
  const signature = headerOf(headers, "paypal-transmission-sig", /^[0-9A-Za-z+/]{1,1024}={0,2}$/);
  const certUrl = headerOf(headers, "paypal-cert-url", /^\S{1,500}$/);
  headerOf(headers, "paypal-auth-algo", /* mutation: paypal-algorithm */ /^SHA256withRSA$/);

  const ageSeconds = (now.getTime() - Date.parse(time)) / 1000;
  // mutation: paypal-oldest-event
  if (!(ageSeconds <= oldestSeconds)) refuse(`the event was sent more than ${oldestSeconds} s ago`);
  if (ageSeconds < /* mutation: paypal-event-ahead */ -aheadSeconds)
    refuse(`the event was sent more than ${aheadSeconds} s in the future`);

  const key = await signingKey(certUrl, now, baseUrl);
  const checksum = crc32(body);
  const fits = webhookIds.some((webhookId) =>
    signatureFits(Buffer.from(`${id}|${time}|${webhookId}|${checksum}`), signature, key),
  );
  // mutation: paypal-event-signature
  if (!fits) {
    refuse("the signature does not fit the event");
  }
}

function headerOf(headers: WebhookCall["headers"], name: string, shape: RegExp): string {
  const value = headers[name];
  if (value === undefined) refuse(`${name} is missing`);
  if (!shape.test(value)) refuse(`${name} is not readable`);
  return value;
}

function refuse(message: string): never {
  throw new GatewayError("notification_refused", message);
}
