import * as z from "zod";
import { carriedFields, formerEnd, notOver } from "../carried-fields.ts";
import { blanks, unwrapped } from "../pasted.ts";

const webhookSecret = z
  .string()
  .transform(bare)
  .pipe(
    z
      .string()
      .regex(/^whsec_[0-9A-Za-z_+/=-]+$/, { error: ({ input }) => whatElse(input) ?? "starts with whsec_" }),
  );

/**
 * `config_data` of a Stripe config. Parsing turns a single webhook secret into a list, and accepts its own result
 * again.
 */
export const stripeCredentials = z.strictObject({
  /** A secret (`sk_`) or restricted (`rk_`) key; `_test_` or `_live_` in it decides whether money moves. */
  secret_key: z
    .string()
    .transform(bare)
    .pipe(
      z.string().regex(/^(sk|rk)_(test|live)_[0-9A-Za-z_]+$/, {
        error: ({ input }) => whatElse(input) ?? "starts with sk_test_, sk_live_, rk_test_ or rk_live_",
      }),
    ),
  /** Signing secret of our webhook endpoint; several while a secret is rolled. */
  webhook_secret: z
    .union([webhookSecret, z.array(webhookSecret).min(1).max(5)])
    .transform((secret) => (typeof secret === "string" ? [secret] : secret))
    .optional(),
  /** Secrets of replaced endpoints, whose events Stripe retries for up to three days. Written by the gateway. */
  former_webhook_secrets: z
    .array(z.strictObject({ secret: webhookSecret, until: z.iso.datetime() }))
    .optional(),
});

export type StripeCredentials = z.infer<typeof stripeCredentials>;

export function isLive({ secret_key: key }: Pick<StripeCredentials, "secret_key">): boolean {
  return key.includes("_live_");
}

/** Secrets of replaced endpoints with which Stripe may still sign retried events. */
export function formerSecrets({ former_webhook_secrets: former }: StripeCredentials, now: Date): string[] {
  return notOver(former, now).map(({ secret }) => secret);
}

/** Another key of the same account keeps the endpoint, and with it the secret that Stripe shows only once. */
export function carryOver(
  before: StripeCredentials,
  changes: Record<string, unknown>,
  now: Date,
): Partial<StripeCredentials> {
  const former = notOver(before.former_webhook_secrets, now);
  return {
    ...carriedFields(before, changes, [["webhook_secret"]]),
    ...(former.length > 0 && { former_webhook_secrets: former }),
  };
}

export function withoutWebhook(credentials: StripeCredentials, now: Date): StripeCredentials {
  const { webhook_secret: secrets = [], former_webhook_secrets: former = [], ...rest } = credentials;
  const until = formerEnd(now).toISOString();
  const ended = secrets.map((secret) => ({ secret, until }));
  return { ...rest, former_webhook_secrets: [...former, ...ended] };
}

/**
 * Extracts a key from what people paste: with spaces and line ends in it, in quotes, after the name of a variable or
 * `Bearer`. No Stripe key contains any of these.
 */
function bare(pasted: string): string {
  const line = pasted
    // mutation: stripe-pasted-blanks
    .replace(blanks, " ");
  const value = unwrapped(line).replace(
    /^(?:export )?[A-Za-z_]+ ?[=:] ?(?=["'`“”‘’„«]?(?:sk|rk|pk|whsec|we)_)/,
    "",
  );
  return unwrapped(value)
    .replace(/^Bearer /i, "")
    .replaceAll(" ", "");
}

/** Other values of Stripe's dashboard that are pasted by mistake, and what to do about each. */
const confused: [RegExp, string][] = [
  [/^(sk|rk|whsec)_.*(\*{2}|…|\.{3})/, "is shortened: reveal it in the dashboard and copy it whole"],
  [/^pk_/, "is a publishable key: give the secret key (sk_) or a restricted key (rk_)"],
  [/^(sk|rk)_/, "is an API key: it belongs in secret_key, and the endpoint's signing secret (whsec_) here"],
  [/^whsec_/, "is a signing secret: it belongs in webhook_secret, and an API key (sk_ or rk_) here"],
  [/^we_/, "is the id of a webhook endpoint: give its signing secret (whsec_)"],
  [/^acct_/, "is the id of an account: give one of its API keys (sk_ or rk_)"],
  [/^https?:/, "is a URL: give what the dashboard shows as the secret"],
];

function whatElse(input: unknown): string | undefined {
  return confused.find(([form]) => form.test(String(input)))?.[1];
}
