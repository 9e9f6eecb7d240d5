import * as z from "zod";
import { keptFields, notOver } from "../kept-fields.ts";

const webhookSecret = z.string().regex(/^whsec_\S+$/, "starts with whsec_");

/** `config_data` of a Stripe config. Parsing turns a single webhook secret into a list, and may be repeated. */
export const stripeCredentials = z.strictObject({
  /** A secret (`sk_`) or restricted (`rk_`) key; `_test_` or `_live_` in it decides whether money moves. */
  secret_key: z
    .string()
    .regex(/^(sk|rk)_(test|live)_[0-9A-Za-z_]+$/, "starts with sk_test_, sk_live_, rk_test_ or rk_live_"),
  /** Of our webhook endpoint; several while a secret is rolled. */
  webhook_secret: z
    .union([webhookSecret, z.array(webhookSecret).min(1).max(5)])
    .transform((secret) => (typeof secret === "string" ? [secret] : secret))
    .optional(),
  /** Of endpoints that were replaced; what was sent before is sent again for up to three days. Written by us. */
  former_webhook_secrets: z
    .array(z.strictObject({ secret: webhookSecret, until: z.iso.datetime() }))
    .optional(),
});

export type StripeCredentials = z.infer<typeof stripeCredentials>;

export function isLive({ secret_key: key }: Pick<StripeCredentials, "secret_key">): boolean {
  return key.includes("_live_");
}

/** Secrets of replaced endpoints that still sign what is sent again. */
export function formerSecrets({ former_webhook_secrets: former }: StripeCredentials, now: Date): string[] {
  return notOver(former, now).map(({ secret }) => secret);
}

/** Of one account, whatever its key: the endpoint stays, and with it the secret that Stripe shows only once. */
export function carryOver(
  before: StripeCredentials,
  given: Record<string, unknown>,
  now: Date,
): Partial<StripeCredentials> {
  const former = notOver(before.former_webhook_secrets, now);
  return {
    ...keptFields(before, given, [["webhook_secret"]]),
    ...(former.length > 0 && { former_webhook_secrets: former }),
  };
}

export function withoutWebhook(credentials: StripeCredentials, until: Date): StripeCredentials {
  const { webhook_secret: secrets = [], former_webhook_secrets: former = [], ...rest } = credentials;
  const ended = secrets.map((secret) => ({ secret, until: until.toISOString() }));
  return { ...rest, former_webhook_secrets: [...former, ...ended] };
}
