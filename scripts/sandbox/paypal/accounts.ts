import { randomInt } from "node:crypto";
import { randomText } from "../kernel/random.ts";

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

/** An id in PayPal's format, capitals and digits: 17 for orders, captures and refunds, 13 for payers and merchants. */
export function paypalId(length = 17): string {
  return Array.from({ length }, () => capitals[randomInt(capitals.length)]).join("");
}

/** A registered listener. `events` holds event names, or `*`. */
export type Webhook = { id: string; url: string; events: string[] };
