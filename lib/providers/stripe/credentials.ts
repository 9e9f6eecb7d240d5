import * as z from "zod";

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
});

export type StripeCredentials = z.infer<typeof stripeCredentials>;
