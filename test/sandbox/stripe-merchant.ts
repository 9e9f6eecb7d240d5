import Stripe from "stripe";
import { seconds } from "../../scripts/sandbox/stripe/events.ts";
import type { TestSandbox } from "./sandbox.ts";

/** A merchant that uses Stripe's own SDK. */
export type StripeMerchant = {
  stripe: Stripe;
  account: string;
  secretKey: string;
  webhookSecret: string;
  /** The gateway's request to create a session, with changes. */
  input(changes?: Partial<Stripe.Checkout.SessionCreateParams>): Stripe.Checkout.SessionCreateParams;
};

/** Opens an account, registers `webhookUrl` for all events, and gives the key to the SDK. */
export async function aStripeMerchant(sandbox: TestSandbox, webhookUrl?: string): Promise<StripeMerchant> {
  const { body } = await sandbox.control("stripe", "accounts", { webhook_url: webhookUrl });
  const { hostname, port } = new URL(sandbox.simulators.stripe);
  const secretKey = body.secret_key ?? "";
  const options = { host: hostname, port, protocol: "http", telemetry: false, maxNetworkRetries: 0 } as const;
  return {
    stripe: new Stripe(secretKey, options),
    account: body.account ?? "",
    secretKey,
    webhookSecret: body.webhook_secret ?? "",
    input: (changes = {}) => ({
      mode: "payment",
      line_items: [priced("usd", 1234)],
      client_reference_id: "ORDER1",
      metadata: { order_no: "ORDER1", out_trade_no: "shop-7" },
      payment_intent_data: { metadata: { order_no: "ORDER1" } },
      success_url: "http://127.0.0.1:1/back?session={CHECKOUT_SESSION_ID}",
      cancel_url: "http://127.0.0.1:1/cancelled",
      expires_at: seconds(sandbox.clock) + 3600,
      adaptive_pricing: { enabled: false },
      ...changes,
    }),
  };
}

/** One line item. */
export function priced(currency: string, unit_amount: number) {
  return { quantity: 1, price_data: { currency, unit_amount, product_data: { name: "Tea <b>" } } };
}
