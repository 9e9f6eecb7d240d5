import { describe, expect, it } from "vitest";
import { stripe } from "../../../../lib/providers/stripe/stripe.ts";
import { openStripe, secretKey, webhookSecret } from "./account.ts";

describe("Stripe credentials", () => {
  it("Stripe credentials turn one webhook secret into a list, and stay the same when parsed again", () => {
    const parsed = stripe.credentials.parse({ secret_key: secretKey, webhook_secret: webhookSecret });
    expect(parsed).toEqual({ secret_key: secretKey, webhook_secret: [webhookSecret] });
    expect(stripe.credentials.parse(parsed)).toEqual(parsed);
    expect(stripe.missing?.(parsed)).toEqual([]);
  });

  it("Stripe credentials without a webhook secret are accepted and reported as incomplete", () => {
    expect(stripe.missing?.(stripe.credentials.parse({ secret_key: secretKey }))).toEqual(["webhook_secret"]);
  });

  it.each([
    { secret_key: "pk_test_canary" },
    { secret_key: "canary" },
    { secret_key: secretKey, webhook_secret: "canary" },
    { secret_key: secretKey, webhook_secret: [] },
    { secret_key: secretKey, webhook_secret: webhookSecret, mode: "live" },
  ])("wrong Stripe credentials are refused without being repeated: %o", (raw) => {
    const parsed = stripe.credentials.safeParse(raw);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).not.toContain("canary");
  });

  it.each([
    ["sk_test_a", false],
    ["rk_test_a", false],
    ["sk_live_a", true],
    ["rk_live_a", true],
  ])("a Stripe key %s has livemode %s", (secret_key, livemode) => {
    expect(openStripe({ secret_key }).livemode).toBe(livemode);
  });

  // The forms of keys: https://docs.stripe.com/keys; of signing secrets: https://docs.stripe.com/webhooks#verify-events
  it.each([
    ["whitespace around them", (key: string) => `  ${key}\t`],
    ["a line end", (key: string) => `${key}\r\n`],
    ["a line break within", (key: string) => `${key.slice(0, 12)}\n${key.slice(12)}`],
    ["a byte order mark", (key: string) => `\ufeff${key}`],
    ["a zero-width space", (key: string) => `${key}\u200b`],
    ["double quotes", (key: string) => `"${key}"`],
    ["typographic quotes", (key: string) => `“${key}”`],
    ["single quotes and a comma", (key: string) => `'${key}',`],
    ["the line of an .env file", (key: string) => `STRIPE_KEY=${key}`],
    ["an exported variable in quotes", (key: string) => `export STRIPE_KEY="${key}";`],
  ])("Stripe credentials are accepted as pasted: with %s", (_title, spelled) => {
    const parsed = stripe.credentials.parse({
      secret_key: spelled(secretKey),
      webhook_secret: [spelled(webhookSecret)],
    });
    expect(parsed).toEqual({ secret_key: secretKey, webhook_secret: [webhookSecret] });
    expect(stripe.credentials.parse(parsed)).toEqual(parsed);
  });

  it("a Stripe key is accepted with the prefix Bearer of a header", () => {
    expect(stripe.credentials.parse({ secret_key: `Bearer ${secretKey}` })).toEqual({
      secret_key: secretKey,
    });
  });

  it.each([
    ["secret_key", "pk_live_canary", /publishable key: give the secret key/],
    ["secret_key", "whsec_canary", /belongs in webhook_secret/],
    ["secret_key", "sk_live_canary...1234", /shortened: reveal it/],
    ["secret_key", "sk_test_********1234", /shortened: reveal it/],
    ["secret_key", "acct_canary", /id of an account/],
    ["secret_key", "canary", /starts with sk_test_/],
    ["webhook_secret", "we_canary", /id of a webhook endpoint: give its signing secret/],
    ["webhook_secret", "sk_test_canary", /belongs in secret_key/],
    ["webhook_secret", "https://pay.example/canary", /is a URL/],
    ["webhook_secret", "whsec_…canary", /shortened/],
  ])("wrong Stripe credentials are refused with what to change: %s %s", (field, value, words) => {
    const parsed = stripe.credentials.safeParse({ secret_key: secretKey, [field]: value });
    expect(JSON.stringify(parsed.error?.issues)).toMatch(words);
    expect(JSON.stringify(parsed.error?.issues)).not.toContain("canary");
  });
});
