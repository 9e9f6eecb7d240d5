import { createHmac, timingSafeEqual } from "node:crypto";
import { GatewayError } from "../../errors.ts";

/** In both directions: Stripe's own library accepts any time in the future. */
const toleranceSeconds = 300;

/**
 * Checks `stripe-signature: t=…,v1=…[,v1=…]` over the raw body with any of the secrets. Throws `notification_refused`.
 * https://docs.stripe.com/webhooks#verify-manually
 */
export function verifyStripeSignature(
  body: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  now: Date,
): void {
  if (secrets.length === 0) refuse("the config has no webhook_secret");
  if (!header) refuse("stripe-signature is missing");
  const parts = header.split(",").map((part) => part.trim().split("="));
  const valuesOf = (name: string) => parts.filter(([key]) => key === name).map(([, value]) => value ?? "");
  const [time = "", ...furtherTimes] = valuesOf("t");
  if (!/^\d{1,12}$/.test(time) || /* mutation: stripe-event-one-time */ furtherTimes.length > 0)
    refuse("stripe-signature has no single time");
  const signatures = /* mutation: stripe-event-scheme */ valuesOf("v1").filter((signature) =>
    /^[0-9a-f]{64}$/.test(signature),
  );
  if (signatures.length === 0) refuse("stripe-signature has no v1 signature");

  const expected = secrets.map((secret) =>
    createHmac("sha256", secret).update(`${time}.`).update(body).digest(),
  );
  const fits = signatures.some((signature) => {
    const bytes = Buffer.from(signature, "hex");
    return expected.some((digest) => timingSafeEqual(digest, bytes));
  });
  // mutation: stripe-event-signature
  if (!fits) refuse("the signature does not fit the event");
  if (/* mutation: stripe-event-age */ Math.abs(now.getTime() / 1000 - Number(time)) > toleranceSeconds) {
    refuse(`the event was signed more than ${toleranceSeconds} s away from now`);
  }
}

function refuse(message: string): never {
  throw new GatewayError("notification_refused", message);
}
