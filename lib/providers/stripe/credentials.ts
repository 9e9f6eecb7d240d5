import * as z from "zod";
import { formerEnd, keptFields, notOver } from "../kept-fields.ts";
import { blanks, unwrapped } from "../pasted.ts";

const webhookSecret = z
  .string()
  .transform(bare)
  .pipe(
    z
      .string()
      .regex(/^whsec_[0-9A-Za-z_+/=-]+$/, { error: ({ input }) => whatElse(input) ?? "starts with whsec_" }),
  );

/** `config_data` of a Stripe config. Parsing turns a single webhook secret into a list, and may be repeated. */
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

export function withoutWebhook(credentials: StripeCredentials, now: Date): StripeCredentials {
  const { webhook_secret: secrets = [], former_webhook_secrets: former = [], ...rest } = credentials;
  const until = formerEnd(now).toISOString();
  const ended = secrets.map((secret) => ({ secret, until }));
  return { ...rest, former_webhook_secrets: [...former, ...ended] };
}

/**
 * What was meant by what people paste: with blanks and line ends in it, in quotes, after the name of a variable or `Bearer`.
 * No key of Stripe's holds any of these.
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

/** Other things that Stripe's dashboard shows beside what is wanted, and what to do about each. */
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
