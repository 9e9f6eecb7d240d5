import { randomText } from "../kernel/random.ts";

import { nulls } from "./nulls.ts";

/** One Stripe account in test mode. */
export type StripeAccount = {
  id: string;
  secretKey: string;
  /** Signs for the endpoints that `_sim` registers; an endpoint made through the API gets its own secret. */
  webhookSecret: string;
  endpoints: WebhookEndpoint[];
};

/** Opens an account with fresh secrets. */
export function newAccount(): StripeAccount {
  return {
    id: `acct_1${randomText(15)}`,
    secretKey: `sk_test_51${randomText(97)}`,
    webhookSecret: `whsec_${randomText(32)}`,
    endpoints: [],
  };
}

/** The account as `GET /v1/account` shows it. */
export function accountObject(account: StripeAccount): object {
  return {
    id: account.id,
    object: "account",
    business_profile: { ...nulls(unknownOfBusiness), name: "Simulated shop" },
    charges_enabled: true,
    country: "US",
    default_currency: "usd",
    details_submitted: true,
    email: "shop@example.com",
    payouts_enabled: true,
    type: "standard",
  };
}

const unknownOfBusiness =
  "mcc minority_owned_business_designation specified_commercial_transactions_act_url support_address support_email " +
  "support_phone support_url url";

/** A registered webhook endpoint. */
export type WebhookEndpoint = {
  id: string;
  url: string;
  enabledEvents: string[];
  description: string | null;
  metadata: Record<string, string>;
  apiVersion: string | null;
  status: "enabled" | "disabled";
  secret: string;
  createdAt: number;
};
