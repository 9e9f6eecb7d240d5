import { randomInt } from "node:crypto";
import { randomText } from "../kernel/random.ts";
import type { Webhook } from "./webhooks.ts";

/** One business account in the sandbox with one app. */
export type PaypalAccount = {
  /** The payer id of the account itself: `payee.merchant_id` of its orders. */
  merchantId: string;
  email: string;
  /** PayPal's country code; C2 is China. */
  country: string;
  clientId: string;
  secret: string;
  webhooks: Webhook[];
};

/** Opens an account with fresh credentials. */
export function newAccount(country: string): PaypalAccount {
  const merchantId = paypalId(13);
  return {
    merchantId,
    email: `sb-${merchantId.toLowerCase()}@business.example.com`,
    country,
    clientId: `A${randomText(79)}`,
    secret: `E${randomText(79)}`,
    webhooks: [],
  };
}

const capitals = "ABCDEFGHJKLMNPQRSTUVWXY0123456789";

/** An id as PayPal makes them: capitals and digits; 17 for orders, captures and refunds, 13 for people. */
export function paypalId(length = 17): string {
  return Array.from({ length }, () => capitals[randomInt(capitals.length)]).join("");
}
