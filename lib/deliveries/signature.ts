import { createHmac, randomBytes } from "node:crypto";

const prefix = "whsec_";

/** A merchant's signing secret: 24 random bytes, shown once. Standard Webhooks, https://www.standardwebhooks.com */
export function newSecret(): string {
  return prefix + randomBytes(24).toString("base64");
}

/** The three headers of the Standard Webhooks specification; the payload is signed with every active secret. */
export function signedHeaders(
  eventId: string,
  payload: string,
  secrets: readonly string[],
  now: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  // mutation: notification-every-secret
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${eventId}.${timestamp}.${payload}`).digest("base64")}`;
  });
  return { "webhook-id": eventId, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
